// A member's part of the first layer's gradient.
#pragma once

#include "backend/cpu/cpu.h"

namespace kilat {

// A block's part of dz, and sums of it.
struct PackedGradient {
  float* dz = nullptr;  // [rows][width], zero beyond the block's units
  float sum[UnitBlocks::kMost] = {};
  // What the sums of the product begin with: −taken · Σ dz, and Σ 0 · dz, which is NaN where dz has
  // a number that is not finite, as in a product that does not leave out zeros.
  float start[UnitBlocks::kMost] = {};
};

// Features [begin, end) of a block.
struct Cpu::GradientPart {
  UnitBlock block;
  Share share;
  bool is_first = false;  // of the member's parts
  std::size_t begin = 0, end = 0;
  const PackedGradient* dz = nullptr;

  std::size_t offset(std::size_t features) const { return block.first * features; }
};

}  // namespace kilat
