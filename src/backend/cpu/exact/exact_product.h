// A whole product on bf16 units, divided among a team.
#pragma once

#include "backend/cpu/block_parts.h"
#include "backend/cpu/column_offsets.h"
#include "backend/cpu/cpu.h"

namespace kilat {

template <class F>
void Cpu::exact_product(TiledBytes a, const ByteScale& bytes, MatrixView<const float> b,
                        MatrixView<float> c, const F& f) {
  team_->together([&](Share share) {
    ExactScratch& scratch = exact_scratch_[team_->index()];
    units_->begin();
    for_block_parts(share, c.columns, [&](const BlockPart& p) {
      if (p.opens_block) {
        const float* columns = b.data + p.first;
        split({columns, b.columns, b.rows, p.width, scratch.pieces.data()});
        column_offsets(bytes.taken(), columns, b.columns, b.rows, p.width, scratch.offsets.data());
      }
      const std::size_t end = a.row_tiles() * (p.part + 1) / p.parts;
      for (std::size_t tile = a.row_tiles() * p.part / p.parts; tile < end; tile += 2) {
        const std::size_t tiles = std::min<std::size_t>(2, end - tile), row = tile * kTileRows;
        for (std::size_t j = 0; j < tiles_of(p.width, kTileColumns); ++j) {
          units_->multiply({.a = a.values + tile * a.depth_tiles() * kTileSize,
                            .a_tiles = tiles,
                            .b = scratch.pieces.data() + j * a.depth_tiles() * kPieces * kTileSize,
                            .depth = a.depth_tiles(),
                            .high = scratch.high.data() + j * kTileColumns,
                            .low = scratch.low.data() + j * kTileColumns,
                            .stride = kWideBlock});
        }
        const std::size_t at = row * c.columns + p.first;
        f(ExactBlock{scratch.high.data(), scratch.low.data(), scratch.offsets.data(), bytes.scale,
                     std::min(tiles * kTileRows, a.rows - row)},
          Destination{c.data + at, c.columns, p.width}, at);
      }
    });
    units_->end();
    share.barrier();
  });
}

}  // namespace kilat
