// How a team divides a product.
#pragma once

#include <algorithm>
#include <cstddef>

#include "backend/cpu/finish.h"
#include "backend/cpu/team.h"

namespace kilat {

// A block of columns [first, first + width), and of its rows the part number `part` of `parts`.
struct BlockPart {
  std::size_t first = 0, width = 0;
  std::size_t part = 0, parts = 1;
  bool opens_block = false;  // the first call for this block
};

// Calls f(BlockPart) for a member's share of the product: consecutive parts, so that the member
// packs few blocks.
template <class F>
void for_block_parts(const Share& share, std::size_t columns, const F& f) {
  const std::size_t block_columns = block_width(columns);
  const std::size_t blocks = (columns + block_columns - 1) / block_columns;
  const std::size_t parts = share.count, items = blocks * parts;
  std::size_t open_block = blocks;
  for (std::size_t item = share.begin(items); item < share.end(items); ++item) {
    const std::size_t block = item / parts, first = block * block_columns;
    f(BlockPart{first, std::min(block_columns, columns - first), item % parts, parts,
                block != open_block});
    open_block = block;
  }
}

}  // namespace kilat
