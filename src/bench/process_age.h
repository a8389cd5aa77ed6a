// How long the program has been running.
#pragma once

namespace kilat {

// Seconds since the system started this process, to a hundredth; includes loading the program. If
// the system does not report that, seconds since the first call.
double process_age();

}  // namespace kilat
