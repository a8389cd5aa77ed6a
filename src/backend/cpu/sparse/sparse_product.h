// A whole product with a sparse matrix, divided among a team.
#pragma once

#include <cstddef>

#include "backend/cpu/block_parts.h"
#include "backend/cpu/cpu.h"

namespace kilat {

// The row at which part `part` of `parts` begins, for parts of equal cost. A row costs about as
// much as kRowCost elements, beside its own elements.
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

template <class F>
void Cpu::sparse_product(SparseRows s, double taken, MatrixView<const float> d, MatrixView<float> c,
                         const F& f) {
  team_->together([&](Share share) {
    PackedBlock packed;
    packed.values = panels_[team_->index()].data();
    packed.block = block_width(c.columns);
    for_block_parts(share, c.columns, [&](const BlockPart& p) {
      if (p.opens_block) {
        pack_block({d.data + p.first, d.columns, d.rows, p.width, taken, &packed});
      }
      f(SparseProduct{.s = s,
                      .d = &packed,
                      .first = first_row(s, c.rows, p.part, p.parts),
                      .last = first_row(s, c.rows, p.part + 1, p.parts)},
        Destination{c.data + p.first, c.columns, p.width}, p.first);
    });
    share.barrier();
  });
}

}  // namespace kilat
