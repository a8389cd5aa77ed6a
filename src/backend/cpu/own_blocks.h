// How members divide products of the first layer.
#pragma once

#include "backend/cpu/cpu.h"

namespace kilat {

// Calls f(block, begin, end) for a member's share of the blocks and of their n rows: all rows of
// the blocks that it owns, or its part of every block where the members share them.
template <class F>
void for_own_blocks(const Share& share, const UnitBlocks& blocks, std::size_t n, const F& f) {
  const auto with = [&](std::size_t begin, std::size_t end) {
    return [&f, begin, end](const UnitBlock& block) {
      if (begin != end) f(block, begin, end);
    };
  };
  if (share.count == 1) {
    blocks.for_each(with(0, n));
  } else if (blocks.owners() == 1) {
    blocks.for_each(with(share.begin(n), share.end(n)));
  } else {
    blocks.for_each_of(share.index, with(0, n));
  }
}

}  // namespace kilat
