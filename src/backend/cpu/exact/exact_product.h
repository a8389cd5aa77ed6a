// A product on bf16 units.
#pragma once

#include "backend/cpu/column_offsets.h"
#include "backend/cpu/exact/exact.h"

namespace kilat {

// (A − rest) · B · scale, where A holds bytes as tiles and B is [a.depth][width].
struct ExactProduct {
  TiledBytes a;
  ByteScale bytes;
  const float* b = nullptr;
  std::size_t width = 0;                     // a multiple of kTileColumns
  std::size_t first_tile = 0, end_tile = 0;  // of rows of A
};

// Calls f(first row, rows, first column, columns, sums [rows][kExactColumns]) for parts of it.
template <class F>
void exact_product(const ExactProduct& p, const Bf16Units& units, ExactScratch& scratch,
                   const F& f) {
  units.begin();
  for (std::size_t column = 0; column < p.width; column += kExactColumns) {
    const std::size_t columns = std::min(kExactColumns, p.width - column);
    split({p.b + column, p.width, p.a.depth, columns, scratch.pieces.data()});
    column_offsets(p.bytes.taken(), p.b + column, p.width, p.a.depth, columns,
                   scratch.offsets.data());
    for (std::size_t tile = p.first_tile; tile < p.end_tile; tile += 2) {
      const std::size_t tiles = std::min<std::size_t>(2, p.end_tile - tile);
      const std::size_t first = tile * kTileRows;
      for (std::size_t j = 0; j < columns / kTileColumns; ++j) {
        units.multiply({.a = p.a.values + tile * p.a.depth_tiles() * kTileSize,
                        .a_tiles = tiles,
                        .b = scratch.pieces.data() + j * p.a.depth_tiles() * kPieces * kTileSize,
                        .depth = p.a.depth_tiles(),
                        .high = scratch.high.data() + j * kTileColumns,
                        .low = scratch.low.data() + j * kTileColumns,
                        .stride = kExactColumns});
      }
      const std::size_t rows = std::min(tiles * kTileRows, p.a.rows - first);
      scale_rows({scratch.high.data(), scratch.low.data(), scratch.offsets.data(), p.bytes.scale,
                  rows, scratch.low.data()});
      f(first, rows, column, columns, scratch.low.data());
    }
  }
  units.end();
}

}  // namespace kilat
