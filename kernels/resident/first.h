// What a step does in the first layer of a deep network. A block has groups of kUnits units, one
// after the other; the rows of the batch come again for each sweep over them. All threads that
// multiply call each function but copy_first.
#pragma once

#include "kernels/resident/deep.h"
#include "kernels/resident/finish.h"
#include "kernels/resident/load.h"
#include "kernels/resident/small_gradients.h"
#include "kernels/resident/sweeps.h"

namespace kilat::kernels::resident {

using DeepPieces = portable::Pairs<float, 6>;
static_assert(kMostDeepRows / kPiece < 64);
constexpr unsigned kDeepThreads = kMultiplyThreads + kWarp;  // which copies rows

__device__ inline void begin_deep(const Run& run) {
  begin_shared(run, Block(run));
  hardware::fence_for_copies();  // which write where zeros were written
  __syncthreads();
}

// Calls f(block) for each group of units of this block.
template <class F>
__device__ void each_group(const Run& run, const F& f) {
  for (unsigned group = blockIdx.x; group < run.shape.blocks(); group += gridDim.x) {
    f(Block(run, 0, group));
  }
}

// The copying warp's part: the batch's rows for each sweep.
__device__ inline void copy_forward(const Run& run, const Batch& batch, Pieces& pieces) {
  each_group(run, [&](const Block&) { copy_sweep(run, run.images, batch, pieces); });
}
__device__ inline void copy_steps(const DeepRun& deep, unsigned steps) {
  const Run& run = deep.run;
  const Cursor start = *run.cursor;
  Pieces pieces(run, 0);
  for (unsigned step = 0; step < steps; ++step) {
    const Batch batch = batch_of(run, start, step);
    copy_forward(run, batch, pieces);
    each_group(run, [&](const Block&) {
      for (unsigned round = 0; round < backward_rounds(run); ++round) {
        copy_sweep(run, run.images, batch, pieces);
      }
    });
  }
}

// The block's units; a warp has a unit. Where tiles lay, what is no weight is 0.
__device__ inline void load_units(const Run& run, const Block& block) {
  const bool is_there = block.warp() < block.units();
  if (is_there) load_unit(run, block, block.warp());
  float* weights = block.weights() + block.warp() * run.shape.weight_stride();
  const unsigned first = is_there ? run.shape.features : 0;
  for (unsigned f = first + block.lane(); f < run.shape.weight_stride(); f += kWarp) {
    weights[f] = 0;
  }
  hardware::sync_threads(kMultiply, kMultiplyThreads);
}

// Calls f(number in shared memory, number in global memory [rows, units]) for `rows` rows of the
// block's units; the former is in an array [kUnits, row_stride].
template <class F>
__device__ void each_of_units(const Run& run, const Block& block, unsigned rows, const F& f) {
  for (unsigned i = threadIdx.x; i < rows * kUnits; i += kMultiplyThreads) {
    const unsigned unit = i % kUnits, row = i / kUnits;
    if (unit >= block.units()) continue;
    f(unit * run.shape.row_stride() + row,
      std::size_t{row} * run.shape.units + block.first_unit() + unit);
  }
}

// a = f(x Wᵀ + b) [batch, units].
// A call, as the functions of further layers are: a phase's numbers shall not stay in registers
// during others. Takes and returns how many pieces were taken before.
__device__ __attribute__((noinline)) inline unsigned forward_first(const Run& run,
                                                                   float* activations, Batch batch,
                                                                   unsigned taken) {
  Pieces pieces(run, taken);
  each_group(run, [&](const Block& block) {
    load_units(run, block);
    forward_sweep<1>(run, batch, pieces);
    each_of_units(run, block, batch.rows, [&](unsigned at, std::size_t number) {
      activations[number] = block.activations()[at];
    });
    hardware::sync_threads(kMultiply, kMultiplyThreads);
  });
  return pieces.taken();
}

// dz of the block's units, and as digits; a warp has a unit.
__device__ inline void load_gradients(const DeepRun& deep, const Block& block, const Batch& batch) {
  const Run& run = deep.run;
  each_of_units(run, block, run.shape.capacity(), [&](unsigned at, std::size_t number) {
    const bool is_there = at % run.shape.row_stride() < batch.rows;
    block.gradients()[at] = is_there ? deep.gradients[number] : 0;
  });
  hardware::sync_threads(kMultiply, kMultiplyThreads);
  const float* of_unit = block.gradients() + block.warp() * run.shape.row_stride();
  unsigned largest = 0;
  for (unsigned row = block.lane(); row < run.shape.capacity(); row += kWarp) {
    const unsigned magnitude = bits_of(fabsf(of_unit[row]));
    largest = magnitude > largest ? magnitude : largest;
  }
  digits_of_unit(run, block, batch, block.warp(), hardware::largest_of_warp(largest));
  hardware::sync_threads(kMultiply, kMultiplyThreads);
}

// The update of a weight of the first layer whose gradient's digits have these sums.
template <Rule rule>
__device__ void update_weight(const Run& run, const Block& block, unsigned step,
                              const StepCoefficients& now, unsigned unit, unsigned feature,
                              float total) {
  const float gradient = whole_gradient(total, block.gradient_sum()[unit], run.shift,
                                        {0, block.factor()[unit]}, run.scale);
  update_parameter<rule>(run, step, now, gradient,
                         run.offsets.hidden_weight +
                             std::size_t{block.first_unit() + unit} * run.shape.features + feature);
}

// dW = dzᵀ x and db = Σ dz, and, unless the run has ended, their updates.
template <Rule rule>
__device__ __attribute__((noinline)) unsigned backward_first(const DeepRun& deep, unsigned step,
                                                             unsigned taken) {
  const Run& run = deep.run;
  const Batch batch = batch_of(run, *run.cursor, step);
  const StepCoefficients now = run.coefficients[run.cursor->step + step];
  const bool silent = is_over_before_updates_of(run, step);
  Pieces pieces(run, taken);
  each_group(run, [&](const Block& block) {
    load_gradients(deep, block, batch);
    if (block.warp() == 0 && !silent) {
      hidden_bias_gradients<DeepPieces>(run, block, batch, [&](unsigned unit, float gradient) {
        update_parameter<rule>(run, batch.number, now, gradient,
                               run.offsets.hidden_bias + block.first_unit() + unit);
      });
    }
    for (unsigned round = 0; round < backward_rounds(run); ++round) {
      multiply_round(
          run, block, batch, round, pieces, [](unsigned j) { return j; },
          [&](unsigned group, const GroupSums& sum) {
            if (silent) return;
            each_sum(run, block, group, sum,
                     [&](unsigned unit, unsigned feature, int low, int middle, int high) {
                       update_weight<rule>(
                           run, block, batch.number, now, unit, feature,
                           static_cast<float>(low + 256LL * middle + 65536LL * high));
                     });
          });
    }
    hardware::sync_threads(kMultiply, kMultiplyThreads);
  });
  return pieces.taken();
}

}  // namespace kilat::kernels::resident
