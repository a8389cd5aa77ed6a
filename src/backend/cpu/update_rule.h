// The optimizer's rule, for loops that are compiled for several kinds of vectors.
#pragma once

#include <algorithm>
#include <cstddef>

#include "backend/cpu/simd.h"
#include "backend/types.h"

namespace kilat {

// One vector of parameters with these gradients. Returns the lanes that would become non-finite,
// which keep their value.
template <std::size_t lanes>
KILAT_INLINE Mask<lanes> descend(float* w, Floats<lanes> gradient, float* v, SgdRule rule,
                                 float rate) {
  using V = Floats<lanes>;
  const V before = floats_at<lanes>(w);
  const V g = multiply_add<lanes>(rule.weight_decay, before, gradient);
  V direction = g;
  if (rule.momentum != 0) {
    const V velocity = multiply_add<lanes>(rule.momentum, floats_at<lanes>(v), g);
    floats_at<lanes>(v) = velocity;
    direction = rule.nesterov ? multiply_add<lanes>(rule.momentum, velocity, g) : velocity;
  }
  const V next = multiply_add<lanes>(-rate, direction, before);
  const Mask<lanes> bad = next - next != 0;  // it is NaN then
  floats_at<lanes>(w) = bad ? before : next;
  return bad;
}

// The same for n < lanes parameters with `gradient` in memory.
template <std::size_t lanes>
KILAT_INLINE Mask<lanes> descend_part(float* w, const float* gradient, float* v, std::size_t n,
                                      SgdRule rule, float rate) {
  float some_w[lanes] = {}, some_v[lanes] = {}, some_gradient[lanes] = {};
  std::copy_n(w, n, some_w);
  std::copy_n(v, n, some_v);
  std::copy_n(gradient, n, some_gradient);
  const Mask<lanes> bad =
      descend<lanes>(some_w, floats_at<lanes>(some_gradient), some_v, rule, rate);
  std::copy_n(some_w, n, w);
  std::copy_n(some_v, n, v);
  return bad;
}

}  // namespace kilat
