// The optimizer that a recipe asks for, and its coefficients for each step of a run.
#pragma once

#include <cmath>
#include <span>
#include <vector>

#include <kilat/recipe.h>

#include "backend/optimizer.h"

namespace kilat {

inline Optimizer optimizer_of(const Recipe& recipe) {
  if (recipe.optimizer == OptimizerKind::adam) {
    return {.rule = Rule::adam,
            .weight_decay = recipe.weight_decay,
            .momentum = recipe.beta1,
            .momentum2 = recipe.beta2,
            .epsilon = recipe.epsilon};
  }
  Optimizer o{.weight_decay = recipe.weight_decay, .momentum = recipe.momentum};
  o.rule = recipe.momentum == 0 ? Rule::sgd : recipe.nesterov ? Rule::nesterov : Rule::momentum;
  return o;
}

// Coefficients of step t, counted from 0, at learning rate `rate`.
inline StepCoefficients step_coefficients(const Optimizer& o, float rate, std::size_t t) {
  if (o.rule != Rule::adam) return {.rate = rate};
  const auto left = [&](float beta) {
    return 1 - std::pow(static_cast<double>(beta), static_cast<double>(t + 1));
  };
  return {.rate = static_cast<float>(rate / left(o.momentum)),
          .inverse_root = static_cast<float>(1 / std::sqrt(left(o.momentum2)))};
}

// `rates`: the learning rate of each step.
inline std::vector<StepCoefficients> step_coefficients(const Optimizer& optimizer,
                                                       std::span<const float> rates) {
  std::vector<StepCoefficients> steps;
  steps.reserve(rates.size());
  for (const float rate : rates) steps.push_back(step_coefficients(optimizer, rate, steps.size()));
  return steps;
}

}  // namespace kilat
