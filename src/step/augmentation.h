// The augmentation that a recipe asks for in an epoch.
#pragma once

#include <cstdint>

#include <kilat/dataset.h>
#include <kilat/recipe.h>

#include "backend/augmentation.h"

namespace kilat {

// `train` holds images of two dimensions if the recipe augments them at all.
inline AugmentedEpoch augmented_epoch(const Recipe& recipe, const Dataset& train,
                                      std::uint32_t epoch) {
  if (recipe.augmentation.is_none()) return {};
  return {.seed = recipe.seed,
          .augmentation = recipe.augmentation,
          .height = static_cast<std::uint32_t>(train.shape.at(0)),
          .width = static_cast<std::uint32_t>(train.shape.at(1)),
          .epoch = epoch};
}

}  // namespace kilat
