#include "backend/cpu/exact/tiles.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "backend/cpu/block_rows.h"
#include "backend/cpu/byte_squares.h"
#include "backend/cpu/simd.h"

namespace kilat {
namespace {

// `lanes` numbers of 16 bits.
template <std::size_t lanes>
struct HalfVector;
template <>
struct HalfVector<4> {
  typedef std::uint16_t Halves __attribute__((vector_size(8), aligned(1), may_alias));
};
template <>
struct HalfVector<8> {
  typedef std::uint16_t Halves __attribute__((vector_size(16), aligned(1), may_alias));
};
template <>
struct HalfVector<16> {
  typedef std::uint16_t Halves __attribute__((vector_size(32), aligned(1), may_alias));
};

constexpr std::uint32_t kUpperHalf = 0xffff0000;

// The upper 16 bits of two floats in each lane: `even` in the lower half, `odd` in the upper.
template <std::size_t lanes>
KILAT_INLINE Bits<lanes> upper_halves(const Floats<lanes>& even, const Floats<lanes>& odd) {
  return (reinterpret_cast<Bits<lanes>>(even) >> 16) |
         (reinterpret_cast<Bits<lanes>>(odd) & kUpperHalf);
}

// The float 2²³ + number, for an integer below 2²³: the integer is put in the mantissa's low bits.
constexpr std::uint32_t kLarge = 0x4b000000;
template <std::size_t lanes>
KILAT_INLINE Floats<lanes> large(const Bits<lanes>& number) {
  return reinterpret_cast<Floats<lanes>>(number | kLarge);
}
// large(byte) − large_shift(shift) = byte − shift, which fits in 8 bits.
float large_shift(float shift) { return 8388608.0F + shift; }

// Converts one row of a tile from bytes to bf16.
template <std::size_t lanes>
KILAT_INLINE void widen_row(Bf16* to, const std::uint8_t* from, float large_shift) {
  using Halves = typename HalfVector<lanes>::Halves;
  for (std::size_t i = 0; i < kTileDepth; i += 2 * lanes) {
    const auto pairs =
        __builtin_convertvector(*reinterpret_cast<const Halves*>(from + i), Bits<lanes>);
    *reinterpret_cast<Bits<lanes>*>(to + i) = upper_halves<lanes>(
        large<lanes>(pairs & 0xff) - large_shift, large<lanes>(pairs >> 8) - large_shift);
  }
}

// Reads rows in whole vectors: past a row's end into the next rows, but never past the last row.
template <std::size_t lanes>
KILAT_INLINE void widen_samples(const TilingArguments& arguments) {
  const TilingArguments a = arguments;
  const std::size_t depth_tiles = tiles_of(a.features, kTileDepth);
  const float shift = large_shift(a.shift);
  for (std::size_t r = a.first; r < a.last; ++r) {
    const std::uint8_t* from = a.bytes + r * a.features;
    Bf16* to = a.tiles + r / kTileRows * depth_tiles * kTileSize + r % kTileRows * kTileDepth;
    const std::size_t readable =
        std::min(depth_tiles, (a.rows - r) * a.features / kTileDepth);  // rows of tiles
    for (std::size_t k = 0; k < readable; ++k) {
      widen_row<lanes>(to + k * kTileSize, from + k * kTileDepth, shift);
    }
    if (readable == depth_tiles) continue;
    std::uint8_t rest[kTileDepth] = {};
    std::copy_n(from + readable * kTileDepth, a.features - readable * kTileDepth, rest);
    widen_row<lanes>(to + readable * kTileSize, rest, shift);
  }
}

// Interleaves a and b in units of 16 bytes: the first or the second half of the result.
template <std::size_t lanes, std::size_t half, std::size_t... i>
KILAT_INLINE Quads<lanes> zip(const Bytes<lanes>& a, const Bytes<lanes>& b,
                              std::index_sequence<i...>) {
  constexpr std::size_t n = sizeof...(i), first = half * n / 2;
  return __builtin_shufflevector(reinterpret_cast<Quads<lanes>>(a),
                                 reinterpret_cast<Quads<lanes>>(b),
                                 ((first + i / 2) % 2 * n + (first + i / 2) / 2 * 2 + i % 2)...);
}

// Loads 4 · lanes bytes of each of 16 rows, from (sample, feature) on. Bytes beyond the matrix are
// zero or belong to other rows.
template <std::size_t lanes>
KILAT_INLINE void load_rows(const TilingArguments& a, std::size_t sample, std::size_t feature,
                            Bytes<lanes>* rows) {
  constexpr std::size_t kFeatures = 4 * lanes;
  const std::uint8_t* from = a.bytes + sample * a.features + feature;
  if ((sample + 15) * a.features + feature + kFeatures <= a.rows * a.features) {
#pragma GCC unroll 16
    for (std::size_t i = 0; i < 16; ++i) {
      rows[i] = *reinterpret_cast<const Bytes<lanes>*>(from + i * a.features);
    }
    return;
  }
  for (std::size_t i = 0; i < 16; ++i) {
    std::uint8_t part[kFeatures] = {};
    if (sample + i < a.rows) {
      std::copy_n(from + i * a.features, std::min(kFeatures, a.features - feature), part);
    }
    rows[i] = *reinterpret_cast<const Bytes<lanes>*>(part);
  }
}

// Makes the tiles of 32 samples and 4 · lanes features, from (sample, feature) on.
template <std::size_t lanes>
KILAT_INLINE void widen_square(const TilingArguments& a, std::size_t sample, std::size_t feature) {
  constexpr std::size_t kFeatures = 4 * lanes, kSquares = kFeatures / 16;
  const std::size_t features = std::min(kFeatures, a.features - feature);
  const float shift = large_shift(a.shift);
  Bytes<lanes> columns[2][16];
  for (std::size_t half = 0; half < 2; ++half) {
    load_rows<lanes>(a, sample + half * 16, feature, columns[half]);
    transpose_squares<lanes>(columns[half]);
  }
  const std::size_t depth_tiles = tiles_of(a.rows, kTileDepth);
  for (std::size_t j = 0; j < 16; ++j) {
    constexpr auto kIndices = std::make_index_sequence<lanes / 2>();
    alignas(64) std::uint8_t rows[kSquares][kTileDepth];
    const auto low = zip<lanes, 0>(columns[0][j], columns[1][j], kIndices);
    const auto high = zip<lanes, 1>(columns[0][j], columns[1][j], kIndices);
    std::memcpy(rows, &low, sizeof low);
    std::memcpy(&rows[0][0] + sizeof low, &high, sizeof high);
    for (std::size_t square = 0; square * 16 < features; ++square) {
      const std::size_t tile = (feature / 16 + square) * depth_tiles + sample / kTileDepth;
      widen_row<lanes>(a.tiles + tile * kTileSize + j * kTileDepth, rows[square], shift);
    }
  }
}
template <std::size_t lanes>
KILAT_INLINE void widen_features(const TilingArguments& arguments) {
  const TilingArguments a = arguments;
  for (std::size_t sample = 0; sample < a.rows; sample += kTileDepth) {
    const std::size_t end = std::min(a.features, a.last * kFeaturePart);
    for (std::size_t f = a.first * kFeaturePart; f < end; f += 4 * lanes) {
      widen_square<lanes>(a, sample, f);
    }
  }
}

// The upper 8 significant bits of each float. For a non-finite x, x − upper_bits(x) is NaN.
template <std::size_t lanes>
KILAT_INLINE Floats<lanes> upper_bits(const Floats<lanes>& x) {
  return reinterpret_cast<Floats<lanes>>(reinterpret_cast<Bits<lanes>>(x) & kUpperHalf);
}

// Splits one vector of each of two rows; `pieces` points into the first piece's tile.
template <std::size_t lanes>
KILAT_INLINE void split_pair(Floats<lanes> even, Floats<lanes> odd, Bf16* pieces) {
  for (std::size_t piece = kPieces; piece-- > 0;) {
    *reinterpret_cast<Bits<lanes>*>(pieces + piece * kTileSize) = upper_halves<lanes>(even, odd);
    even -= upper_bits<lanes>(even);
    odd -= upper_bits<lanes>(odd);
  }
}

template <std::size_t lanes, std::size_t tiles>
KILAT_INLINE void split_columns(const SplitArguments& a) {
  const std::size_t depth = tiles_of(a.rows, kTileDepth);
  const auto row = [&](std::size_t r) KILAT_INLINED_LAMBDA {
    return r < a.rows ? load<lanes, tiles>(a.b + r * a.stride) : Row<lanes, tiles>{};
  };
  for (std::size_t k = 0; k < depth; ++k) {
    for (std::size_t pair = 0; pair < kTileDepth / 2; ++pair) {
      const std::size_t r = k * kTileDepth + 2 * pair;
      const auto even = row(r), odd = row(r + 1);
      for (std::size_t i = 0; i < even.kVectors; ++i) {
        const std::size_t column = i * lanes;
        split_pair<lanes>(even.v[i], odd.v[i],
                          a.pieces + (column / kTileColumns * depth + k) * kPieces * kTileSize +
                              2 * (pair * kTileColumns + column % kTileColumns));
      }
    }
  }
}
template <std::size_t lanes>
KILAT_INLINE void split_block(const SplitArguments& a) {
  if (a.width > kTileColumns) {
    split_columns<lanes, 2>(a);
  } else {
    split_columns<lanes, 1>(a);
  }
}

}  // namespace

KILAT_SIMD(tile_samples, widen_samples, TilingArguments)
KILAT_SIMD(tile_features, widen_features, TilingArguments)
KILAT_SIMD(split, split_block, SplitArguments)

}  // namespace kilat
