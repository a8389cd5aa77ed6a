// The optimizers' rules, for loops that are compiled for several kinds of vectors.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "backend/cpu/finish.h"
#include "backend/cpu/vector_arithmetic.h"
#include "backend/optimizer.h"

namespace kilat {

// Returns a vector of parameters after the step, and updates their `state`.
template <std::size_t lanes, Rule rule>
KILAT_INLINE Floats<lanes> next_of(const float* w, const Floats<lanes>& gradient,
                                   const OptimizerState<float>& state, const Descent& descent) {
  using V = Floats<lanes>;
  constexpr std::size_t kBlocks = state_blocks(rule);
  V numbers[kMostState];
  for (std::size_t k = 0; k < kBlocks; ++k) numbers[k] = floats_at<lanes>(state.block[k]);
  const V next = next_parameter<rule, VectorArithmetic<lanes>>(
      floats_at<lanes>(w), gradient, numbers, descent.optimizer, descent.step);
  for (std::size_t k = 0; k < kBlocks; ++k) floats_at<lanes>(state.block[k]) = numbers[k];
  return next;
}

// Sets n parameters to `next`. One that would become non-finite keeps its value, and `fault` is
// lowered to `index` plus its place.
inline void set_finite(float* w, const float* next, std::size_t n, std::size_t index,
                       std::size_t& fault) {
  for (std::size_t i = 0; i < n; ++i) {
    if (std::isfinite(next[i])) {
      w[i] = next[i];
    } else {
      fault = std::min(fault, index + i);
    }
  }
}

// Updates one vector of parameters; the first one's index is `index`.
template <std::size_t lanes, Rule rule>
KILAT_INLINE void descend(float* w, const Floats<lanes>& gradient,
                          const OptimizerState<float>& state, const Descent& descent,
                          std::size_t index, std::size_t& fault) {
  const Floats<lanes> next = next_of<lanes, rule>(w, gradient, state, descent);
  if (nonzero_lanes<lanes>(0 * next) == 0) {  // 0 · inf and 0 · NaN are NaN
    floats_at<lanes>(w) = next;
  } else {
    float values[lanes];
    floats_at<lanes>(values) = next;
    set_finite(w, values, lanes, index, fault);
  }
}

// The same for n < lanes parameters, with the gradient in memory.
template <std::size_t lanes, Rule rule>
KILAT_INLINE void descend_part(float* w, const float* gradient, const OptimizerState<float>& state,
                               std::size_t n, const Descent& descent, std::size_t index,
                               std::size_t& fault) {
  constexpr std::size_t kBlocks = state_blocks(rule);
  float some_w[lanes] = {}, some_gradient[lanes] = {}, some_state[kMostState][lanes] = {};
  OptimizerState<float> some;
  std::copy_n(w, n, some_w);
  std::copy_n(gradient, n, some_gradient);
  for (std::size_t k = 0; k < kBlocks; ++k) {
    std::copy_n(state.block[k], n, some_state[k]);
    some.block[k] = some_state[k];
  }
  descend<lanes, rule>(some_w, floats_at<lanes>(some_gradient), some, descent, index, fault);
  std::copy_n(some_w, n, w);
  for (std::size_t k = 0; k < kBlocks; ++k) std::copy_n(some_state[k], n, state.block[k]);
}

}  // namespace kilat
