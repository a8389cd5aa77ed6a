// Whether a run's training images can be augmented as its recipe asks.
#pragma once

#include <kilat/dataset.h>
#include <kilat/recipe.h>

namespace kilat {

// Throws Error if the images do not have two dimensions or are too small for the shift.
void require_augmentable(const Recipe& recipe, const Dataset& train);

}  // namespace kilat
