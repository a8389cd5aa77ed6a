// Transposes squares of bytes, several side by side.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "backend/cpu/simd.h"

namespace kilat {

// As many bytes, and numbers of 64 bits, as fill a vector of `lanes` floats.
template <std::size_t lanes>
struct ByteVector;
template <>
struct ByteVector<4> {
  typedef std::uint8_t Bytes __attribute__((vector_size(16), aligned(1), may_alias));
  typedef std::uint64_t Quads __attribute__((vector_size(16)));
};
template <>
struct ByteVector<8> {
  typedef std::uint8_t Bytes __attribute__((vector_size(32), aligned(1), may_alias));
  typedef std::uint64_t Quads __attribute__((vector_size(32)));
};
template <>
struct ByteVector<16> {
  typedef std::uint8_t Bytes __attribute__((vector_size(64), aligned(1), may_alias));
  typedef std::uint64_t Quads __attribute__((vector_size(64)));
};
template <std::size_t lanes>
using Bytes = typename ByteVector<lanes>::Bytes;
template <std::size_t lanes>
using Quads = typename ByteVector<lanes>::Quads;

constexpr std::size_t kSquare = 16;  // the side of a square

// Interleaves, within every 16 bytes, the lower (or upper) 8 bytes of a and b.
template <std::size_t lanes, std::size_t upper, std::size_t... i>
KILAT_INLINE Bytes<lanes> interleave(const Bytes<lanes>& a, const Bytes<lanes>& b,
                                     std::index_sequence<i...>) {
  constexpr std::size_t n = 4 * lanes;
  return __builtin_shufflevector(a, b, (i % 2 * n + i / 16 * 16 + i % 16 / 2 + upper * 8)...);
}

// Transposes each 16 x 16 square of 16 rows of 4 · lanes bytes: four rounds of a perfect shuffle.
template <std::size_t lanes>
KILAT_INLINE void transpose_squares(Bytes<lanes>* rows) {
  constexpr auto kIndices = std::make_index_sequence<4 * lanes>();
#pragma GCC unroll 4
  for (int round = 0; round < 4; ++round) {
    Bytes<lanes> next[kSquare];
#pragma GCC unroll 8
    for (std::size_t i = 0; i < kSquare / 2; ++i) {
      next[2 * i] = interleave<lanes, 0>(rows[i], rows[i + kSquare / 2], kIndices);
      next[2 * i + 1] = interleave<lanes, 1>(rows[i], rows[i + kSquare / 2], kIndices);
    }
#pragma GCC unroll 16
    for (std::size_t i = 0; i < kSquare; ++i) rows[i] = next[i];
  }
}

}  // namespace kilat
