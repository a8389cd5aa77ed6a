// Matrices in the tiles that bf16 units multiply (docs/exact_bytes.md).
#pragma once

#include <cstddef>
#include <cstdint>

namespace kilat {

// The upper half of a float.
using Bf16 = std::uint16_t;

// A tile of the left factor is 16 rows of 32 numbers. A tile of the right factor is 32 rows of 16
// columns, with each pair of rows interleaved: [16][16][2]. A tile of the product is [16][16]
// floats. Each is 1 KiB.
constexpr std::size_t kTileRows = 16;
constexpr std::size_t kTileDepth = 32;
constexpr std::size_t kTileColumns = 16;
constexpr std::size_t kTileSize = kTileRows * kTileDepth;

constexpr std::size_t tiles_of(std::size_t n, std::size_t side) { return (n + side - 1) / side; }

// Bytes minus an integer, as the left factor [rows, depth]: tile (i, k) has index
// i · depth_tiles() + k. Elements beyond the matrix are unspecified but finite.
struct TiledBytes {
  const Bf16* values = nullptr;
  std::size_t rows = 0, depth = 0;

  std::size_t row_tiles() const { return tiles_of(rows, kTileRows); }
  std::size_t depth_tiles() const { return tiles_of(depth, kTileDepth); }
};
constexpr std::size_t tiled_size(std::size_t rows, std::size_t depth) {
  return tiles_of(rows, kTileRows) * tiles_of(depth, kTileDepth) * kTileSize;
}

// Bytes [rows, features] to tiles of byte − shift; shift is a whole number from 0 to 255.
struct TilingArguments {
  const std::uint8_t* bytes = nullptr;
  std::size_t rows = 0, features = 0;
  float shift = 0;
  Bf16* tiles = nullptr;
  std::size_t first = 0, last = 0;  // the range to make, see below
};
// Rows [first, last) of tiles of [rows, features].
void tile_samples(const TilingArguments& a);
// Parts [first, last) of feature_parts(features) of tiles of [features, rows].
constexpr std::size_t kFeaturePart = 64;
constexpr std::size_t feature_parts(std::size_t features) {
  return tiles_of(features, kFeaturePart);
}
void tile_features(const TilingArguments& a);

// A float is the sum of three bf16 numbers: its most significant bits, the next and the least.
constexpr std::size_t kPieces = 3;

// Splits columns of the right factor B [rows, ·] into pieces, the least significant piece first.
// Rows beyond B are zero.
struct SplitArguments {
  const float* b = nullptr;  // of the block's first column
  std::size_t stride = 0;
  std::size_t rows = 0;
  std::size_t width = 0;  // one or two tiles
  Bf16* pieces =
      nullptr;  // tiles [tiles_of(width, kTileColumns)][tiles_of(rows, kTileDepth)][kPieces]
};
void split(const SplitArguments& a);

}  // namespace kilat
