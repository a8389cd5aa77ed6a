// A whole product with a sparse matrix, shared out to a team.
#pragma once

#include <algorithm>
#include <cstddef>

#include "backend/cpu/cpu.h"

namespace kilat {

// The row at which part `part` of `parts` begins, if all shall have the same to do: a row costs
// about as much as so many numbers.
inline std::size_t first_row(SparseRows s, std::size_t rows, std::size_t part, std::size_t parts) {
  constexpr std::size_t kRowCost = 8;
  const auto cost = [&](std::size_t r) { return s.begin[r] + kRowCost * r; };
  const std::size_t wanted = cost(rows) * part / parts;
  std::size_t low = 0, high = rows;
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    if (cost(middle) < wanted) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

// Each member takes a run of the parts of blocks, so that it packs few blocks.
template <class F>
void Cpu::sparse_product(SparseRows s, MatrixView<const float> d, MatrixView<float> c, const F& f) {
  const std::size_t block_columns = block_width(c.columns);
  const std::size_t blocks = (c.columns + block_columns - 1) / block_columns;
  team_->together([&](Share share) {
    PackedBlock packed;
    packed.values = panels_[team_->index()].data();
    packed.block = block_columns;
    const std::size_t parts = share.count, items = blocks * parts;
    std::size_t packed_block = blocks;
    for (std::size_t item = share.begin(items); item < share.end(items); ++item) {
      const std::size_t block = item / parts, first = block * block_columns;
      const std::size_t width = std::min(block_columns, c.columns - first);
      if (block != packed_block) pack_block({d.data + first, d.columns, d.rows, width, &packed});
      packed_block = block;
      f({.s = s,
         .d = &packed,
         .first = first_row(s, c.rows, item % parts, parts),
         .last = first_row(s, c.rows, item % parts + 1, parts),
         .width = width,
         .c = c.data + first,
         .stride = c.columns},
        first);
    }
    share.barrier();
  });
}

}  // namespace kilat
