// Whether a run's training images can be augmented as its recipe asks.
#pragma once

#include <kilat/dataset.h>
#include <kilat/recipe.h>

namespace kilat {

// Throws Error for images that are not of two dimensions, and where they are too small.
void require_augmentable(const Recipe& recipe, const Dataset& train);

}  // namespace kilat
