// The optimizers' rules, for loops that are compiled for several kinds of vectors.
#pragma once

#include <algorithm>
#include <cstddef>

#include "backend/cpu/finish.h"
#include "backend/cpu/vector_arithmetic.h"
#include "backend/optimizer.h"

namespace kilat {

// Updates one vector of parameters; `state` points to the state of its first. Returns a mask of the
// lanes that would become non-finite; these keep their value.
template <std::size_t lanes, Rule rule>
KILAT_INLINE Mask<lanes> descend(float* w, Floats<lanes> gradient,
                                 const OptimizerState<float>& state, const Descent& descent) {
  using V = Floats<lanes>;
  constexpr std::size_t kBlocks = state_blocks(rule);
  const V before = floats_at<lanes>(w);
  V numbers[kMostState];
  for (std::size_t k = 0; k < kBlocks; ++k) numbers[k] = floats_at<lanes>(state.block[k]);
  const V next = next_parameter<rule, VectorArithmetic<lanes>>(before, gradient, numbers,
                                                               descent.optimizer, descent.step);
  for (std::size_t k = 0; k < kBlocks; ++k) floats_at<lanes>(state.block[k]) = numbers[k];
  const Mask<lanes> bad = next - next != 0;  // inf − inf and NaN − NaN are NaN
  floats_at<lanes>(w) = bad ? before : next;
  return bad;
}

// The same for n < lanes parameters, with the gradient in memory.
template <std::size_t lanes, Rule rule>
KILAT_INLINE Mask<lanes> descend_part(float* w, const float* gradient,
                                      const OptimizerState<float>& state, std::size_t n,
                                      const Descent& descent) {
  constexpr std::size_t kBlocks = state_blocks(rule);
  float some_w[lanes] = {}, some_gradient[lanes] = {}, some_state[kMostState][lanes] = {};
  OptimizerState<float> some;
  std::copy_n(w, n, some_w);
  std::copy_n(gradient, n, some_gradient);
  for (std::size_t k = 0; k < kBlocks; ++k) {
    std::copy_n(state.block[k], n, some_state[k]);
    some.block[k] = some_state[k];
  }
  const Mask<lanes> bad =
      descend<lanes, rule>(some_w, floats_at<lanes>(some_gradient), some, descent);
  std::copy_n(some_w, n, w);
  for (std::size_t k = 0; k < kBlocks; ++k) std::copy_n(some_state[k], n, state.block[k]);
  return bad;
}

}  // namespace kilat
