// What a kernel is given: no pointer in it may lead to where the device cannot go.
#pragma once

#include "runtime/grid.h"

namespace emulation {

// Fails for pointers to memory of the host, and to freed or no memory of the device. Pointers
// inside structures are found too, where they lie at a multiple of 8 bytes; a kernel that gets at
// the host's memory in another way is not found out. Memory that a stream will free is good for
// what was called before, not for what is called now.
enum class When { called, executed };
bool check_arguments(const Launch& launch, When when);

}  // namespace emulation
