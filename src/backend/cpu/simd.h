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

// The instruction set to use: that which KILAT_CPU names (sse2, avx2 or avx512), else the widest
// that this CPU has. Throws Error if KILAT_CPU names none or one that this CPU lacks. Where one is
// named, oneDNN keeps to it too.
Simd simd();
const char* name_of(Simd set);

// `lanes` floats, at any address; and their bits.
template <std::size_t lanes>
struct Vector;
template <>
struct Vector<4> {
  typedef float Floats __attribute__((vector_size(16), aligned(4), may_alias));
  typedef std::uint32_t Bits __attribute__((vector_size(16), aligned(4), may_alias));
};
template <>
struct Vector<8> {
  typedef float Floats __attribute__((vector_size(32), aligned(4), may_alias));
  typedef std::uint32_t Bits __attribute__((vector_size(32), aligned(4), may_alias));
};
template <>
struct Vector<16> {
  typedef float Floats __attribute__((vector_size(64), aligned(4), may_alias));
  typedef std::uint32_t Bits __attribute__((vector_size(64), aligned(4), may_alias));
};
template <std::size_t lanes>
using Floats = typename Vector<lanes>::Floats;
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

// x in every lane. Where the compiler would lower a vector's construction before it reaches a
// function of another instruction set, the instruction is named.
template <std::size_t lanes>
KILAT_INLINE Floats<lanes> broadcast(float x) {
#if defined(__x86_64__) && !defined(__clang__)
  using Four = float __attribute__((vector_size(16)));
  if constexpr (lanes == 16) {
    using Whole = float __attribute__((vector_size(64)));
    constexpr unsigned short kAll = 0xffff;
    return __builtin_ia32_broadcastss512(Four{x}, Whole{}, kAll);
  } else if constexpr (lanes == 8) {
    return __builtin_ia32_vbroadcastss_ps256(Four{x});
  }
#endif
  return x + Floats<lanes>{};
}

// *p in every lane, from memory.
template <std::size_t lanes>
KILAT_INLINE Floats<lanes> broadcast_from(const float* p) {
#if defined(__x86_64__) && !defined(__clang__)
  if constexpr (lanes == 8) return __builtin_ia32_vbroadcastss256(p);
#endif
  return broadcast<lanes>(*p);
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

// The sum of n numbers: of both halves, then of the halves of those sums, and so on.
template <std::size_t n>
KILAT_INLINE float sum_of(const float* p) {
  if constexpr (n == 4) return (p[0] + p[2]) + (p[1] + p[3]);
  constexpr std::size_t kLanes = n > 4 ? n / 2 : 4;
  float half[kLanes];
  floats_at<kLanes>(half) = floats_at<kLanes>(p) + floats_at<kLanes>(p + n - kLanes);
  return sum_of<kLanes>(half);
}

// A bit for each lane that is not 0, NaN included. Comparing vectors by their operators would be
// lowered to one comparison a lane when inlined into a function of another instruction set.
template <std::size_t lanes>
KILAT_INLINE std::uint32_t nonzero_lanes(Floats<lanes> x) {
#if defined(__x86_64__) && !defined(__clang__)
  constexpr int kNotEqualOrUnordered = 4;
  if constexpr (lanes == 16) {
    using Whole = float __attribute__((vector_size(64)));
    constexpr unsigned short kAll = 0xffff;
    constexpr int kCurrentRounding = 4;
    return __builtin_ia32_cmpps512_mask(Whole(x), Whole{}, kNotEqualOrUnordered, kAll,
                                        kCurrentRounding);
  } else if constexpr (lanes == 8) {
    using Whole = float __attribute__((vector_size(32)));
    return static_cast<std::uint32_t>(__builtin_ia32_movmskps256(
        __builtin_ia32_cmpps256(Whole(x), Whole{}, kNotEqualOrUnordered)));
  }
#endif
  std::uint32_t bits = 0;
  for (std::size_t i = 0; i < lanes; ++i) bits |= std::uint32_t{x[i] != 0} << i;
  return bits;
}

// Runs f, whose loops the compiler vectorises, as it is compiled for this CPU's vectors. f is
// marked KILAT_INLINED_LAMBDA.
#if defined(__x86_64__)
template <class F>
[[gnu::target("arch=x86-64-v4")]] auto run_avx512(F f) {
  return f();
}
template <class F>
[[gnu::target("arch=x86-64-v3")]] auto run_avx2(F f) {
  return f();
}
#endif
template <class F>
auto vectorised(const F& f) {
#if defined(__x86_64__)
  if (simd() == Simd::avx512) return run_avx512(f);
  if (simd() == Simd::avx2) return run_avx2(f);
#endif
  return f();
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
