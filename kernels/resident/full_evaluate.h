// The evaluation at the end of a launch of full batches: blocks take pieces of the sets in turn,
// and sweep over them as over their rows.
#pragma once

#include "kernels/portable/sum_rows.h"
#include "kernels/resident/full_update.h"
#include "kernels/resident/sweeps.h"

namespace kilat::kernels::resident {

__device__ inline void clear_marks(const FullRun& full) {
  if (full.evaluation.active == nullptr || blockIdx.x != 0) return;
  if (threadIdx.x < full.run.shape.units) full.evaluation.active[threadIdx.x] = 0;
}

// Losses and hits of the rows.
__device__ __attribute__((noinline)) inline void loss_sweep(const Run& run, const EvaluatedSet& set,
                                                            Batch rows) {
  const unsigned outputs = run.shape.outputs;
  each_logit(run, rows, [&](unsigned row, unsigned k, float z) {
    const std::size_t at = rows.first + (row < rows.rows ? row : 0);
    const unsigned label = set.labels[at];
    const RowLoss loss = row_loss(z, k, outputs, label);
    const bool hit = is_hit(loss, z, k, outputs, label);
    if (k != 0 || row >= rows.rows) return;
    set.loss[at] = loss.loss;
    set.hit[at] = hit ? 1 : 0;
  });
}

// Marks units that fire for one of the rows; a warp has a unit of each group.
__device__ inline void mark_sweep(const Run& run, const Batch& rows, std::uint8_t* active) {
  for (unsigned g = 0; g < run.shape.groups; ++g) {
    const Block block(run, g);
    const float* a = block.activations() + block.warp() * run.shape.row_stride();
    bool fires = false;
    for (unsigned row = block.lane(); row < rows.rows; row += kWarp) fires = fires || a[row] > 0;
    if (__any_sync(~0U, fires ? 1 : 0) == 0 || block.warp() >= block.units()) continue;
    active[block.first_unit() + block.warp()] = 1;
  }
}

// Rows of a set, after those before.
__device__ inline void evaluate_rows(const Run& run, const EvaluatedSet& set, const Batch& rows,
                                     Pieces& pieces, std::uint8_t* active) {
  const Block block(run);
  if (block.warp() == kMultipliers) copy_sweep(run, set.images, rows, pieces);
  if (block.warp() >= kMultipliers) return;
  if (const unsigned thread = hardware::thread(); thread < run.shape.groups * kUnits) {
    Block(run, thread / kUnits).weight_sum()[thread % kUnits] = 0;
  }
  hardware::sync_threads(kMultiply, kMultiplyThreads);
  forward_sweep<kMostGroups>(run, rows, pieces);
  loss_sweep(run, set, rows);
  if (active != nullptr) mark_sweep(run, rows, active);
  hardware::sync_threads(kMultiply, kMultiplyThreads);
}

// All sets; all blocks call it.
template <class Grid>
__device__ void evaluate(const FullRun& full, Pieces& pieces, const Grid& grid) {
  const Run& run = full.run;
  const unsigned capacity = run.shape.capacity();
  load_network(run);
  for (unsigned s = 0; s < full.evaluation.sets; ++s) {
    const EvaluatedSet& set = full.evaluation.set[s];
    const auto size = static_cast<unsigned>(set.size);
    for (unsigned first = blockIdx.x * capacity; first < size; first += gridDim.x * capacity) {
      const unsigned left = size - first;
      const Batch rows{0, first, left < capacity ? left : capacity};
      evaluate_rows(run, set, rows, pieces, s == 0 ? full.evaluation.active : nullptr);
    }
  }
  grid.sync();
  auto* sums = reinterpret_cast<double*>(Block(run).totals());
  for (unsigned s = blockIdx.x; s < full.evaluation.sets; s += gridDim.x) {
    const EvaluatedSet& set = full.evaluation.set[s];
    portable::sum_rows(set.metrics, set.loss, set.hit, set.size, sums + 1,
                       reinterpret_cast<unsigned long long*>(sums));
    __syncthreads();
  }
}

}  // namespace kilat::kernels::resident
