// A team member's scratch memory.
#pragma once

#include <cstddef>

#include "backend/cpu/exact/exact.h"
#include "backend/cpu/whole/whole.h"
#include "backend/host.h"
#include "backend/unit_blocks.h"

namespace kilat {

constexpr std::size_t kPanelRows = 64;
static_assert(kPanelRows <= kProductRows);
constexpr std::size_t kMostLines = 8192;  // half a MiB of the next batch

struct Scratch {
  // A part of a product, [kPanelRows][UnitBlocks::kMost].
  HostBuffer<float> panel = HostBuffer<float>(kPanelRows * UnitBlocks::kMost);
  HostBuffer<float> dz;  // a block of it, [rows][width]
  HostBuffer<const void*> lines = HostBuffer<const void*>(kMostLines);
  ExactScratch exact;
  WholeScratch whole;

  // For batches of up to `rows` rows.
  void reserve(std::size_t rows) {
    const std::size_t size = rows * UnitBlocks::kMost;
    if (dz.size() < size) dz = HostBuffer<float>::for_overwrite(size);
  }
};

}  // namespace kilat
