// Device functions of one thread alone.
#pragma once

#include <bit>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <type_traits>

#include <math.h>

#include "emulation/collectives.h"

namespace emulation {
[[noreturn]] void refuse(const char* why);  // what CUDA leaves undefined
}

template <class T>
T __ldg(const T* address) {
  return *address;
}

template <class T, class U>
requires std::integral<T> && std::integral<U>
constexpr std::common_type_t<T, U> min(T a, U b) {
  using Both = std::common_type_t<T, U>;
  return static_cast<Both>(b) < static_cast<Both>(a) ? static_cast<Both>(b) : static_cast<Both>(a);
}
template <class T, class U>
requires std::integral<T> && std::integral<U>
constexpr std::common_type_t<T, U> max(T a, U b) {
  using Both = std::common_type_t<T, U>;
  return static_cast<Both>(a) < static_cast<Both>(b) ? static_cast<Both>(b) : static_cast<Both>(a);
}
// As fminf and fmaxf, the number wins over NaN.
inline float min(float a, float b) { return fminf(a, b); }
inline float max(float a, float b) { return fmaxf(a, b); }
inline double min(double a, double b) { return fmin(a, b); }
inline double max(double a, double b) { return fmax(a, b); }

inline int __popc(unsigned x) { return std::popcount(x); }
inline int __popcll(unsigned long long x) { return std::popcount(x); }
inline int __clz(int x) { return std::countl_zero(static_cast<unsigned>(x)); }
inline int __ffs(int x) { return x == 0 ? 0 : std::countr_zero(static_cast<unsigned>(x)) + 1; }
inline unsigned __umulhi(unsigned a, unsigned b) {
  return static_cast<unsigned>((static_cast<unsigned long long>(a) * b) >> 32);
}

// Of a selector's digits CUDA defines the lower three bits; the fourth is refused.
inline unsigned __byte_perm(unsigned x, unsigned y, unsigned selector) {
  if ((selector & 0x8888) != 0)
    emulation::refuse("__byte_perm: a selector with the fourth bit set");
  const std::uint64_t bytes = std::uint64_t{y} << 32 | x;
  unsigned result = 0;
  for (int i = 0; i < 4; ++i) {
    result |= static_cast<unsigned>(bytes >> 8 * (selector >> 4 * i & 7) & 0xff) << 8 * i;
  }
  return result;
}

inline int __float_as_int(float x) { return std::bit_cast<int>(x); }
inline unsigned __float_as_uint(float x) { return std::bit_cast<unsigned>(x); }
inline float __int_as_float(int x) { return std::bit_cast<float>(x); }
inline float __uint_as_float(unsigned x) { return std::bit_cast<float>(x); }
// To the nearest, ties to even; out of range the nearest end, NaN to 0.
inline int __float2int_rn(float x) {
  if (x != x) return 0;
  if (x >= 2147483648.0F) return 2147483647;
  if (x < -2147483648.0F) return -2147483647 - 1;
  return static_cast<int>(nearbyintf(x));
}

// These are never contracted into a fused multiply-add.
inline float __fadd_rn(float a, float b) { return a + b; }
inline float __fmul_rn(float a, float b) { return a * b; }
inline float __fdiv_rn(float a, float b) { return a / b; }
inline float __fmaf_rn(float a, float b, float c) { return fmaf(a, b, c); }
inline float __fsqrt_rn(float x) { return sqrtf(x); }
// On the device within a few units in the last place of these.
inline float __expf(float x) { return expf(x); }
inline float __logf(float x) { return logf(x); }
inline float __fdividef(float a, float b) { return a / b; }
inline float rsqrtf(float x) { return 1.0F / sqrtf(x); }
