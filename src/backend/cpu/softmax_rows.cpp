#include "backend/cpu/softmax_rows.h"

#include <limits>

#include "backend/arithmetic.h"
#include "backend/cpu/vector_arithmetic.h"

namespace kilat {
namespace {

template <std::size_t lanes>
KILAT_INLINE void exponentiate_all(const Exponents& e) {
  std::size_t i = 0;
  for (; i + lanes <= e.n; i += lanes) {
    floats_at<lanes>(e.z + i) = exponential<VectorArithmetic<lanes>>(floats_at<lanes>(e.z + i));
  }
  if (i == e.n) return;
  float rest[lanes] = {};
  std::copy_n(e.z + i, e.n - i, rest);
  floats_at<lanes>(rest) = exponential<VectorArithmetic<lanes>>(floats_at<lanes>(rest));
  std::copy_n(rest, e.n - i, e.z + i);
}

}  // namespace

KILAT_SIMD(exponentiate, exponentiate_all, Exponents)

void subtract_largest(const SoftmaxRows& rows, const float* bias) {
  for (std::size_t i = 0; i < rows.rows; ++i) {
    float* z = rows.z + i * rows.columns;
    float largest = -std::numeric_limits<float>::infinity();
    for (std::size_t j = 0; j < rows.columns; ++j) {
      z[j] += bias[j];
      largest = std::max(largest, z[j]);
    }
    for (std::size_t j = 0; j < rows.columns; ++j) z[j] -= largest;
  }
}

}  // namespace kilat
