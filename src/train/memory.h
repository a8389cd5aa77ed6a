// Whether a network fits in the machine, asked before the system kills the program for trying.
#pragma once

#include <kilat/dataset.h>
#include <kilat/recipe.h>

namespace kilat {

// Throws Error (Failure::run) when the memory that training surely needs is more than is free.
void require_memory(const Recipe& recipe, const Dataset& train);

}  // namespace kilat
