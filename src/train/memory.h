// Checks that training fits in memory, before the system would kill the program.
#pragma once

#include <kilat/dataset.h>
#include <kilat/recipe.h>

namespace kilat {

// Throws Error (Failure::run) if training needs more memory than is free, by a lower estimate.
void require_memory(const Recipe& recipe, const Dataset& train);

}  // namespace kilat
