#include "backend/cpu/whole/product.h"

#include <algorithm>

namespace kilat {
namespace {

// sum[i] += Σ byte · digit over four bytes, and the four digits at digits + 4 · i: as the
// instruction of AVX512-VNNI does, by plain operations.
template <std::size_t lanes>
struct Plain {
  static constexpr std::size_t kLanes = lanes;
  using Sums = Bits<lanes>;  // whose additions and products are those of numbers with a sign
  KILAT_INLINE static Sums add_four(Sums sum, std::uint32_t bytes, const std::int8_t* digits) {
    constexpr std::uint32_t kSign = 0x80;
    const Sums four = *reinterpret_cast<const Sums*>(digits);
#pragma GCC unroll 4
    for (int k = 0; k < 4; ++k) {
      sum += (((four >> 8 * k & 0xff) ^ kSign) - kSign) * (bytes >> 8 * k & 0xff);
    }
    return sum;
  }
};

#if defined(__x86_64__) && !defined(__clang__)
struct Vnni {
  static constexpr std::size_t kLanes = 16;
  using Sums = Bits<16>;
  KILAT_INLINE static Sums add_four(Sums sum, std::uint32_t bytes, const std::int8_t* digits) {
    using Whole = int __attribute__((vector_size(64)));
    constexpr unsigned short kAll = 0xffff;
    const Whole all =
        __builtin_ia32_pbroadcastd512_gpr_mask(static_cast<int>(bytes), Whole{}, kAll);
    const Sums four = *reinterpret_cast<const Sums*>(digits);
    return Sums(__builtin_ia32_vpdpbusd_v16si(Whole(sum), all, Whole(four)));
  }
};
#endif

constexpr std::size_t kLine = 64;

KILAT_INLINE void fetch(const Fours& row) {
  for (std::size_t i = 0; i < row.count; i += kLine / sizeof *row.bytes) {
    __builtin_prefetch(row.bytes + i);
  }
  for (std::size_t i = 0; i < row.count; i += kLine / sizeof *row.index) {
    __builtin_prefetch(row.index + i);
  }
}

// One row with `vectors` vectors of columns. Even and odd fours have sums of their own where
// registers are left, as each waits for its previous addition.
template <class Dot, std::size_t vectors>
KILAT_INLINE void multiply_row(const DigitProduct& p, const Fours& row, std::size_t column,
                               std::int32_t* to) {
  using Sums = typename Dot::Sums;
  constexpr std::size_t kSums = vectors <= 4 ? 2 : 1;
  Sums sums[kSums][vectors] = {};
  const std::size_t stride = p.columns * 4;
  const std::int8_t* digits = p.digits + column * 4;
  const auto add = [&](Sums* sum, std::size_t i) KILAT_INLINED_LAMBDA {
    const std::int8_t* four = digits + row.index[i] * stride;
#pragma GCC unroll 12
    for (std::size_t v = 0; v < vectors; ++v) {
      sum[v] = Dot::add_four(sum[v], row.bytes[i], four + v * Dot::kLanes * 4);
    }
  };
  std::size_t i = 0;
  for (; i + kSums <= row.count; i += kSums) {
#pragma GCC unroll 2
    for (std::size_t k = 0; k < kSums; ++k) add(sums[k], i + k);
  }
  for (; i < row.count; ++i) add(sums[0], i);
#pragma GCC unroll 12
  for (std::size_t v = 0; v < vectors; ++v) {
    Sums sum = sums[0][v];
    if constexpr (kSums == 2) sum += sums[1][v];
    *reinterpret_cast<Sums*>(to + column + v * Dot::kLanes) = sum;
  }
}

template <class Dot, std::size_t vectors>
KILAT_INLINE void multiply_rows(const DigitProduct& p, std::size_t column) {
  for (std::size_t r = 0; r < p.count; ++r) {
    if (column == 0 && r + kRowsAhead < p.count + p.ahead) fetch(p.rows[r + kRowsAhead]);
    multiply_row<Dot, vectors>(p, p.rows[r], column, p.sums + r * p.columns);
  }
}

// 32, 48 or 96 columns at a time.
template <class Dot>
KILAT_INLINE void multiply_all(const DigitProduct& arguments) {
  const DigitProduct p = arguments;
  constexpr std::size_t kUnit = 16 / Dot::kLanes;  // vectors of 16 columns
  std::size_t column = 0;
  if constexpr (Dot::kLanes == 16) {
    constexpr std::size_t kMany = 6;
    for (; column + kMany * 16 <= p.columns; column += kMany * 16) {
      multiply_rows<Dot, kMany>(p, column);
    }
    for (; column + 48 <= p.columns; column += 48) multiply_rows<Dot, 3>(p, column);
    for (; column + 32 <= p.columns; column += 32) multiply_rows<Dot, 2>(p, column);
  }
  for (; column < p.columns; column += 16) multiply_rows<Dot, kUnit>(p, column);
}
template <std::size_t lanes>
KILAT_INLINE void multiply_plain(const DigitProduct& p) {
  multiply_all<Plain<lanes>>(p);
}

#if defined(__x86_64__) && !defined(__clang__)
[[gnu::target("arch=x86-64-v4,avx512vnni")]] void multiply_vnni(const DigitProduct& p) {
  multiply_all<Vnni>(p);
}
#endif

}  // namespace

KILAT_SIMD(multiply_plainly, multiply_plain, DigitProduct)

bool has_vnni() {
#if defined(__x86_64__) && !defined(__clang__)
  return simd() == Simd::avx512 && __builtin_cpu_supports("avx512vnni");
#else
  return false;
#endif
}

void multiply(const DigitProduct& p) {
#if defined(__x86_64__) && !defined(__clang__)
  if (has_vnni()) return multiply_vnni(p);
#endif
  multiply_plainly(p);
}

}  // namespace kilat
