// Where a step's time goes, in clocks of the first block's first thread, which multiplies.
#pragma once

#include "kernels/resident/block.h"

namespace kilat::kernels::resident {

__device__ inline bool counts_clocks(const Run& run) {
  return run.clocks != nullptr && blockIdx.x == 0 && hardware::thread() == 0;
}

// What comes from now on is the next mark's.
__device__ inline void begin_clocks(const Run& run) {
  if (counts_clocks(run)) Block(run).clocks()[0] = hardware::clocks();
}

// The clocks since the mark before, or the beginning, were those of `part`.
__device__ inline void mark(const Run& run, Part part) {
  if (!counts_clocks(run)) return;
  long long* clocks = Block(run).clocks();
  const long long now = hardware::clocks();
  clocks[1 + static_cast<unsigned>(part)] += now - clocks[0];
  clocks[0] = now;
}

__device__ inline void store_clocks(const Run& run) {
  if (!counts_clocks(run)) return;
  for (unsigned part = 0; part < kStepParts; ++part) {
    run.clocks[part] += Block(run).clocks()[1 + part];
  }
}

}  // namespace kilat::kernels::resident
