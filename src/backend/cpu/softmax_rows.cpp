#include "backend/cpu/softmax_rows.h"

#include <cstdint>
#include <limits>

#include "backend/cpu/simd.h"

namespace kilat {
namespace {

// exp(x) = 2ⁿ · exp(r) with n = ⌊x / ln 2⌉ and r = x − n · ln 2, where exp(r) is the polynomial of
// the Cephes library's expf (S. L. Moshier 1987): at most 1.5 units of the last place off.
template <std::size_t lanes>
KILAT_INLINE Floats<lanes> exp_of(const Floats<lanes>& x) {
  constexpr float kLog2E = 1.44269504F, kLn2High = 0.693359375F, kLn2Low = -2.12194440e-4F;
  constexpr float kRound = 12582912;  // 1.5 · 2²³: x + kRound has the integer in its low bits
  const Floats<lanes> shifted = multiply_add<lanes>(kLog2E, x, broadcast<lanes>(kRound));
  const Floats<lanes> n = shifted - kRound;
  const Floats<lanes> high = multiply_add<lanes>(-kLn2High, n, x);
  const Floats<lanes> r = multiply_add<lanes>(-kLn2Low, n, high);
  Floats<lanes> p = broadcast<lanes>(1.9875691500e-4F);
  p = multiply_add<lanes>(p, r, 1.3981999507e-3F);
  p = multiply_add<lanes>(p, r, 8.3334519073e-3F);
  p = multiply_add<lanes>(p, r, 4.1665795894e-2F);
  p = multiply_add<lanes>(p, r, 1.6666665459e-1F);
  p = multiply_add<lanes>(p, r, 5.0000001201e-1F);
  p = multiply_add<lanes>(p, r * r, r) + 1;
  const Bits<lanes> power = (reinterpret_cast<Bits<lanes>>(shifted) << 23) + 0x3f800000U;
  constexpr Floats<lanes> kZero = {};
  return x < -87.3F ? kZero : p * reinterpret_cast<Floats<lanes>>(power);
}

template <std::size_t lanes>
KILAT_INLINE void exponentiate_all(const Exponents& e) {
  std::size_t i = 0;
  for (; i + lanes <= e.n; i += lanes) {
    floats_at<lanes>(e.z + i) = exp_of<lanes>(floats_at<lanes>(e.z + i));
  }
  if (i == e.n) return;
  float rest[lanes] = {};
  std::copy_n(e.z + i, e.n - i, rest);
  floats_at<lanes>(rest) = exp_of<lanes>(floats_at<lanes>(rest));
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
