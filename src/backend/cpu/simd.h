// Vectors of the widest kind that the CPU at hand has.
#pragma once

#include <cstddef>
#include <cstdint>

#if defined(__x86_64__)
#include <immintrin.h>  // declares the built-in functions of every instruction set
#endif

// All functions with wide vectors as arguments or results are inlined, so that the calling
// convention that GCC warns of does not matter.
#pragma GCC diagnostic ignored "-Wpsabi"

namespace kilat {

enum class Simd { baseline, avx2, avx512 };

// What this CPU can do.
inline Simd simd() {
#if defined(__x86_64__)
  static const Simd best =
      __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
              __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq")
          ? Simd::avx512
      : __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? Simd::avx2
                                                                        : Simd::baseline;
  return best;
#else
  return Simd::baseline;
#endif
}

// `lanes` floats, at any address; what comparing them gives, −1 or 0 in each lane; and their bits.
template <std::size_t lanes>
struct Vector;
template <>
struct Vector<4> {
  typedef float Floats __attribute__((vector_size(16), aligned(4), may_alias));
  typedef std::int32_t Mask __attribute__((vector_size(16)));
  typedef std::uint32_t Bits __attribute__((vector_size(16), aligned(4), may_alias));
  typedef std::uint64_t Pairs __attribute__((vector_size(16)));
};
template <>
struct Vector<8> {
  typedef float Floats __attribute__((vector_size(32), aligned(4), may_alias));
  typedef std::int32_t Mask __attribute__((vector_size(32)));
  typedef std::uint32_t Bits __attribute__((vector_size(32), aligned(4), may_alias));
  typedef std::uint64_t Pairs __attribute__((vector_size(32)));
};
template <>
struct Vector<16> {
  typedef float Floats __attribute__((vector_size(64), aligned(4), may_alias));
  typedef std::int32_t Mask __attribute__((vector_size(64)));
  typedef std::uint32_t Bits __attribute__((vector_size(64), aligned(4), may_alias));
  typedef std::uint64_t Pairs __attribute__((vector_size(64)));
};
template <std::size_t lanes>
using Floats = typename Vector<lanes>::Floats;
template <std::size_t lanes>
using Mask = typename Vector<lanes>::Mask;
template <std::size_t lanes>
using Bits = typename Vector<lanes>::Bits;

// Part of a loop that is compiled once for each kind of vector.
#define KILAT_INLINE __attribute__((always_inline)) inline
#define KILAT_INLINED_LAMBDA __attribute__((always_inline))

template <std::size_t lanes>
KILAT_INLINE Floats<lanes>& floats_at(float* p) {
  // NOLINTNEXTLINE(clang-analyzer-core.uninitialized.UndefReturn): no caller has a null pointer
  return *reinterpret_cast<Floats<lanes>*>(p);
}
template <std::size_t lanes>
KILAT_INLINE const Floats<lanes>& floats_at(const float* p) {
  return *reinterpret_cast<const Floats<lanes>*>(p);
}

// x in every lane; −0 becomes +0. Written as a sum because g++ 12 compiles that to one instruction
// when inlined, but a difference from zero lane by lane.
template <std::size_t lanes>
KILAT_INLINE Floats<lanes> broadcast(float x) {
  return x + Floats<lanes>{};
}

// a · b + c: rounded once if the instruction set has a fused multiply-add, else also after the
// product. The compiler fuses nothing by itself (-ffp-contract=off), so it cannot change the bits.
template <std::size_t lanes>
KILAT_INLINE Floats<lanes> multiply_add(Floats<lanes> a, Floats<lanes> b, Floats<lanes> c) {
#if defined(__x86_64__) && !defined(__clang__)
  if constexpr (lanes == 16) {
    using Whole = float __attribute__((vector_size(64)));
    constexpr unsigned short kAll = 0xffff;
    constexpr int kCurrentRounding = 4;
    return __builtin_ia32_vfmaddps512_mask(Whole(a), Whole(b), Whole(c), kAll, kCurrentRounding);
  } else if constexpr (lanes == 8) {
    using Whole = float __attribute__((vector_size(32)));
    return __builtin_ia32_vfmaddps256(Whole(a), Whole(b), Whole(c));
  }
#endif
  return a * b + c;
}
template <std::size_t lanes>
KILAT_INLINE Floats<lanes> multiply_add(float a, Floats<lanes> b, Floats<lanes> c) {
  return multiply_add<lanes>(broadcast<lanes>(a), b, c);
}
template <std::size_t lanes>
KILAT_INLINE Floats<lanes> multiply_add(Floats<lanes> a, Floats<lanes> b, float c) {
  return multiply_add<lanes>(a, b, broadcast<lanes>(c));
}

// √x
template <std::size_t lanes>
KILAT_INLINE Floats<lanes> root(Floats<lanes> x) {
#if defined(__x86_64__) && !defined(__clang__)
  if constexpr (lanes == 16) {
    using Whole = float __attribute__((vector_size(64)));
    constexpr unsigned short kAll = 0xffff;
    constexpr int kCurrentRounding = 4;
    return __builtin_ia32_sqrtps512_mask(Whole(x), Whole(x), kAll, kCurrentRounding);
  } else if constexpr (lanes == 8) {
    using Whole = float __attribute__((vector_size(32)));
    return __builtin_ia32_sqrtps256(Whole(x));
  }
#endif
  for (std::size_t i = 0; i < lanes; ++i) x[i] = __builtin_sqrtf(x[i]);
  return x;
}

// The first lane of a mask that is set, or `lanes`.
template <std::size_t lanes>
KILAT_INLINE std::size_t first_lane(const Mask<lanes>& mask) {
  const auto pairs = reinterpret_cast<typename Vector<lanes>::Pairs>(mask);
  std::uint64_t set = 0;
  for (std::size_t i = 0; i < lanes / 2; ++i) set |= pairs[i];
  if (set == 0) return lanes;
  std::size_t lane = 0;
  while (mask[lane] == 0) ++lane;
  return lane;
}

}  // namespace kilat

// Defines void name(const Arguments&), which runs body<lanes>(arguments) with this CPU's vectors.
// NOLINTBEGIN(bugprone-macro-parentheses): body is a template's name.
#if defined(__x86_64__)
#define KILAT_SIMD(name, body, Arguments)                                                   \
  [[gnu::target("arch=x86-64-v4")]] void name##_avx512(const Arguments& a) { body<16>(a); } \
  [[gnu::target("arch=x86-64-v3")]] void name##_avx2(const Arguments& a) { body<8>(a); }    \
  void name(const Arguments& a) {                                                           \
    switch (simd()) {                                                                       \
      case Simd::avx512:                                                                    \
        return name##_avx512(a);                                                            \
      case Simd::avx2:                                                                      \
        return name##_avx2(a);                                                              \
      case Simd::baseline:                                                                  \
        return body<4>(a);                                                                  \
    }                                                                                       \
  }
#else
#define KILAT_SIMD(name, body, Arguments) \
  void name(const Arguments& a) { body<4>(a); }
#endif
// NOLINTEND(bugprone-macro-parentheses)
