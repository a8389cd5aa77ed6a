// Warp-wide operations: which lanes have come, and what they get.
#pragma once

#include "runtime/block.h"

namespace emulation {

// The running thread. The call ends the program if the host makes it.
Thread& self(const char* call);

Warp& warp_of(const Thread& thread);
// Ends those meetings of the thread's warp to which all lanes have come that have not returned.
void complete_meetings(Thread& of_warp);

}  // namespace emulation
