// Faults of memory access, in words.
#pragma once

namespace emulation {

// From now on an access to guarded or closed memory prints what it was and aborts. Faults that are
// none of the emulation's go to the handler that was there before.
void catch_faults();

}  // namespace emulation
