// The steps of softmax on the CPU, for groups of rows that fit in the first-level cache.
#pragma once

#include <algorithm>
#include <cstddef>

namespace kilat {

// Rows of `columns` floats, dense, from z on.
struct SoftmaxRows {
  float* z = nullptr;
  std::size_t rows = 0, columns = 0;
};

// z ← z + b − the row's largest z + b. The row's largest is then 0, if all numbers are finite.
void subtract_largest(const SoftmaxRows& rows, const float* bias);

// z[k] ← exp(z[k]), k < n, for z[k] ≤ 0; below −87.3, where the result is subnormal, 0. NaN stays.
struct Exponents {
  float* z = nullptr;
  std::size_t n = 0;
};
void exponentiate(const Exponents& e);

// Calls f(first row, rows) for runs of rows [begin, end).
template <class F>
void for_cached_rows(std::size_t begin, std::size_t end, std::size_t columns, const F& f) {
  constexpr std::size_t kFloats = 4096;
  const std::size_t run = std::max<std::size_t>(1, kFloats / columns);
  for (std::size_t first = begin; first < end; first += run) f(first, std::min(run, end - first));
}

}  // namespace kilat
