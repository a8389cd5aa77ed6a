// The steps of a row's softmax on the CPU, shared by softmax and softmax_cross_entropy.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

namespace kilat {

// z ← z + b; returns the largest.
inline float add_bias(float* z, const float* bias, std::size_t n) {
  float largest = -std::numeric_limits<float>::infinity();
  for (std::size_t j = 0; j < n; ++j) {
    z[j] += bias[j];
    largest = std::max(largest, z[j]);
  }
  return largest;
}

// z ← exp(z − largest); returns the sum, which is at least 1 for finite z.
inline float exponentiate(float* z, float largest, std::size_t n) {
  float sum = 0;
  for (std::size_t j = 0; j < n; ++j) {
    z[j] = std::exp(z[j] - largest);
    sum += z[j];
  }
  return sum;
}

}  // namespace kilat
