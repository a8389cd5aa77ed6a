#include "backend/cpu/sparse/transpose.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "backend/cpu/byte_squares.h"

namespace kilat {
namespace {

static_assert(Transposition::kSquare == kSquare);

// 4 · lanes bytes of a row from feature k on, zero beyond the row.
template <std::size_t lanes>
KILAT_INLINE Bytes<lanes> bytes_at(const Transposition& t, std::size_t row, std::size_t k) {
  constexpr std::size_t kBytes = 4 * lanes;
  const std::size_t index = t.order != nullptr ? t.order[row] : t.first + row;
  const std::uint8_t* from = t.bytes + index * t.features + k;
  if (k + kBytes <= t.features) return *reinterpret_cast<const Bytes<lanes>*>(from);
  std::uint8_t part[kBytes] = {};
  std::copy_n(from, t.features - k, part);
  return *reinterpret_cast<const Bytes<lanes>*>(part);
}

// Stores the square number `square` of 16 rows, one below the other.
template <std::size_t lanes, std::size_t square>
KILAT_INLINE void store_square(const Bytes<lanes>* rows, std::uint8_t* to, std::size_t stride) {
#pragma GCC unroll 16
  for (std::size_t j = 0; j < kSquare; ++j) {
    const auto quads = reinterpret_cast<const Quads<lanes>&>(rows[j]);
    const auto part = __builtin_shufflevector(quads, quads, 2 * square, 2 * square + 1);
    std::memcpy(to + j * stride, &part, sizeof part);
  }
}

template <std::size_t lanes>
KILAT_INLINE void transpose_all(const Transposition& arguments) {
  const Transposition t = arguments;
  constexpr std::size_t kSquares = lanes / 4;
  for (std::size_t k = t.begin; k < t.end; k += kSquares * kSquare) {
    for (std::size_t r = 0; r < t.stride; r += kSquare) {
      const std::size_t there = t.rows > r ? std::min(kSquare, t.rows - r) : 0;
      Bytes<lanes> rows[kSquare];
      if (there == kSquare) {
#pragma GCC unroll 16
        for (std::size_t i = 0; i < kSquare; ++i) rows[i] = bytes_at<lanes>(t, r + i, k);
      } else {
        for (std::size_t i = 0; i < kSquare; ++i) {
          rows[i] = i < there ? bytes_at<lanes>(t, r + i, k) : Bytes<lanes>{};
        }
      }
      transpose_squares<lanes>(rows);
      const auto store = [&]<std::size_t square>() KILAT_INLINED_LAMBDA {
        const std::size_t feature = k + square * kSquare;
        if (feature >= t.end) return;
        store_square<lanes, square>(rows, t.to + feature * t.stride + r, t.stride);
      };
      [&]<std::size_t... square>(std::index_sequence<square...>) KILAT_INLINED_LAMBDA {
        (store.template operator()<square>(), ...);
      }
      (std::make_index_sequence<kSquares>());
    }
  }
}

}  // namespace

KILAT_SIMD(transpose, transpose_all, Transposition)

}  // namespace kilat
