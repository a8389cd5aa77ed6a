// Arithmetic that is defined to the last bit (docs/arithmetic.md), shared by the Portable backend
// and the kernels that must end with its bits. Every product and sum is rounded as written:
// contraction is off, fused multiply-adds are explicit, subnormal numbers are kept.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "backend/everywhere.h"

namespace kilat {

// 1.5 · 2²³: a number of at most 22 bits added to it is rounded to a whole one, which the sum's
// last bits are.
constexpr float kRound = 12582912;

KILAT_EVERYWHERE std::uint32_t bits_of(float x) { return __builtin_bit_cast(std::uint32_t, x); }
KILAT_EVERYWHERE float float_of(std::uint32_t bits) { return __builtin_bit_cast(float, bits); }

// What next_parameter (backend/optimizer.h) and exponential are calculated with.
struct FloatArithmetic {
  using Number = float;
  KILAT_EVERYWHERE static float broadcast(float x) { return x; }
  KILAT_EVERYWHERE static float multiply_add(float a, float b, float c) { return fmaf(a, b, c); }
  KILAT_EVERYWHERE static float root(float x) { return sqrtf(x); }
  // 2ⁿ of n + kRound
  KILAT_EVERYWHERE static float power_of_two(float shifted) {
    return float_of((bits_of(shifted) << 23) + 0x3f800000U);
  }
};

// The version of the arithmetic: another number, other bits.
constexpr int kPortableVersion = 1;

// A sum is made of chains of so many terms, added in pairs.
constexpr unsigned kChain = 8;

// Numbers as whole ones of 22 bits and a sign, under a power of two that the largest decides.
struct WholeScale {
  float to = 0;    // number · to is in [−2²², 2²²]
  float from = 0;  // 1 / to
};

// `largest` is the largest magnitude among the numbers; below 2⁻⁹⁵ it counts as that. Where it is
// not finite, `from` is NaN.
KILAT_EVERYWHERE WholeScale whole_scale(float largest) {
  constexpr std::uint32_t kSmallest = 32, kNotFinite = 255;
  std::uint32_t exponent = bits_of(largest) >> 23;
  if (exponent < kSmallest) exponent = kSmallest;
  if (exponent >= kNotFinite) return {0, float_of(0x7fc00000)};
  return {float_of((275 - exponent) << 23), float_of((exponent - 21) << 23)};
}

// x · scale.to, to the nearest whole number, ties to even.
KILAT_EVERYWHERE std::int32_t whole(float x, const WholeScale& scale) {
  return static_cast<std::int32_t>(bits_of(fmaf(x, scale.to, kRound)) - bits_of(kRound));
}

// The three digits of a whole number to the base of 256, from −128 to 127 each, lowest first, as
// the bytes of the result.
KILAT_EVERYWHERE std::uint32_t digits(std::int32_t whole) {
  return (static_cast<std::uint32_t>(whole) + 0x808080U) ^ 0x808080U;
}

// The most features of a first layer, whose sums fit into 64 bits.
constexpr std::size_t kMostFeatures = 65536;

// A shift of the normalisation in whole multiples of 2⁻¹⁶.
constexpr int kShiftUnit = 1 << 16;
KILAT_EVERYWHERE std::int64_t whole_shift(float shift) {
  return llrint(static_cast<double>(shift) * kShiftUnit);
}

// What a first layer's sums in whole numbers mean; pixels are (byte − shift) · scale.
// z from total = Σ v byte and sum = Σ v, with v the unit's weights made whole by w; shift is a
// whole one.
KILAT_EVERYWHERE float whole_logit_factor(const WholeScale& w, float scale) {
  return w.from / static_cast<float>(kShiftUnit) * scale;
}
KILAT_EVERYWHERE float whole_logit(std::int64_t total, std::int64_t sum, std::int64_t shift,
                                   float factor) {
  return static_cast<float>(total * kShiftUnit - shift * sum) * factor;
}
KILAT_EVERYWHERE float whole_logit(std::int64_t total, std::int64_t sum, std::int64_t shift,
                                   const WholeScale& w, float scale) {
  return whole_logit(total, sum, shift, whole_logit_factor(w, scale));
}
// dW from the same sums of a dz made whole by dz, in fp32.
KILAT_EVERYWHERE float whole_gradient(float total, float sum, float shift, float factor) {
  return fmaf(-shift, sum, total) * factor;
}
KILAT_EVERYWHERE float whole_gradient(float total, float sum, float shift, const WholeScale& dz,
                                      float scale) {
  return whole_gradient(total, sum, shift, dz.from * scale);
}

// eˣ for x ≤ 0, as 2ⁿ · exp(r) with n = ⌊x / ln 2⌉ and r = x − n · ln 2; 0 below −87.3; NaN of NaN.
// The polynomial is that of the Cephes library's expf (S. L. Moshier 1987). With fused
// multiply-adds it is at most 1.02 units of the last place off. A: as in next_parameter, or vectors
// of numbers.
template <class A>
KILAT_EVERYWHERE typename A::Number exponential(typename A::Number x) {
  using Number = typename A::Number;
  constexpr float kLog2E = 1.44269504F, kLn2High = 0.693359375F, kLn2Low = -2.12194440e-4F;
  const Number shifted = A::multiply_add(A::broadcast(kLog2E), x, A::broadcast(kRound));
  const Number n = shifted - kRound;
  const Number high = A::multiply_add(A::broadcast(-kLn2High), n, x);
  const Number r = A::multiply_add(A::broadcast(-kLn2Low), n, high);
  Number p = A::broadcast(1.9875691500e-4F);
  p = A::multiply_add(p, r, A::broadcast(1.3981999507e-3F));
  p = A::multiply_add(p, r, A::broadcast(8.3334519073e-3F));
  p = A::multiply_add(p, r, A::broadcast(4.1665795894e-2F));
  p = A::multiply_add(p, r, A::broadcast(1.6666665459e-1F));
  p = A::multiply_add(p, r, A::broadcast(5.0000001201e-1F));
  p = A::multiply_add(p, r * r, r) + 1;
  return x < -87.3F ? Number{} : p * A::power_of_two(shifted);
}

// log x for finite x ≥ 1, as k · ln 2 + log(1 + f) with x = 2ᵏ (1 + f) and 1 + f in [√½, √2); NaN
// of NaN. The polynomial is that of Cephes' logf: at most 0.83 units of the last place off.
KILAT_EVERYWHERE float logarithm(float x) {
  constexpr std::uint32_t kRootHalf = 0x3f3504f3;  // √½
  constexpr float kLn2High = 0.693359375F, kLn2Low = -2.12194440e-4F;
  if (!(x < INFINITY)) return x;
  const std::uint32_t over = bits_of(x) - kRootHalf;
  const float k = static_cast<float>(static_cast<std::int32_t>(over) >> 23);
  const float f = float_of((over & 0x7fffffU) + kRootHalf) - 1;
  float p = 7.0376836292e-2F;
  p = fmaf(p, f, -1.1514610310e-1F);
  p = fmaf(p, f, 1.1676998740e-1F);
  p = fmaf(p, f, -1.2420140846e-1F);
  p = fmaf(p, f, 1.4249322787e-1F);
  p = fmaf(p, f, -1.6668057665e-1F);
  p = fmaf(p, f, 2.0000714765e-1F);
  p = fmaf(p, f, -2.4999993993e-1F);
  p = fmaf(p, f, 3.3333331174e-1F);
  const float square = f * f;
  float low = p * (f * square);
  low = fmaf(kLn2Low, k, low);
  low = fmaf(-0.5F, square, low);
  return fmaf(kLn2High, k, f + low);
}

}  // namespace kilat
