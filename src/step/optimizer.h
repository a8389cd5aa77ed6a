// The optimizer that a recipe asks for, and its coefficients for each step of a run.
#pragma once

#include <cmath>
#include <span>
#include <vector>

#include <kilat/recipe.h>

#include "backend/optimizer.h"

namespace kilat {

inline Optimizer optimizer_of(const Recipe& recipe) {
  Optimizer o{.weight_decay = recipe.weight_decay, .momentum = recipe.momentum};
  o.rule = recipe.momentum == 0 ? Rule::sgd : recipe.nesterov ? Rule::nesterov : Rule::momentum;
  return o;
}

// `rates`: the learning rate of each step.
inline std::vector<StepCoefficients> step_coefficients(const Optimizer& /*optimizer*/,
                                                       std::span<const float> rates) {
  std::vector<StepCoefficients> steps;
  steps.reserve(rates.size());
  for (const float rate : rates) steps.push_back({.rate = rate});
  return steps;
}

}  // namespace kilat
