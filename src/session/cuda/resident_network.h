// What the resident engine needs to know of a run.
#pragma once

#include <cstddef>

#include <kilat/network.h>
#include <kilat/recipe.h>

#include "backend/cuda/resident_shape.h"

namespace kilat {

// `samples`: of the training set.
ResidentNetwork resident_network(const Network& network, std::size_t samples, const Recipe& recipe);

}  // namespace kilat
