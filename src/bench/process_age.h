// How long the program has been running.
#pragma once

namespace kilat {

// Seconds since the system started this process, to a hundredth: what loading the program took is
// in it. Since the first call where the system does not tell.
double process_age();

}  // namespace kilat
