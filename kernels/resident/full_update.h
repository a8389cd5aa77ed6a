// The parameters of a full batch's iteration: from global memory into each block, and the update of
// a share of them by each.
#pragma once

#include "kernels/resident/full_batch.h"
#include "kernels/resident/load.h"
#include "kernels/resident/small_gradients.h"

namespace kilat::kernels::resident {

// All parameters, and the largest weight of each unit.
__device__ inline void load_network(const Run& run) {
  const Shape& s = run.shape;
  const unsigned thread = hardware::thread();
  for (unsigned unit = thread / kWarp; unit < s.units; unit += kThreads / kWarp) {
    load_unit(run, Block(run, unit / kUnits), unit % kUnits);
  }
  for (unsigned i = thread; i < s.units * s.outputs; i += kThreads) {
    const unsigned unit = i % s.units, k = i / s.units;
    Block(run, unit / kUnits).small()[unit % kUnits * s.output_stride() + k] =
        run.parameters[run.offsets.output_weight + i];
  }
  for (unsigned k = thread; k < s.outputs; k += kThreads) {
    Block(run).output_biases()[k] = run.parameters[run.offsets.output_bias + k];
  }
  __syncthreads();
}

// This block's part of the small gradients; by the warps that have them.
__device__ inline void small_sweep(const Run& run, const Batch& rows, float* small) {
  using OwnPieces = portable::Pairs<float, 5>;
  static_assert(kMostOwnRows / kPiece < 32);
  const Block first_group(run);
  const unsigned outputs = run.shape.outputs, units = run.shape.units, lane = first_group.lane();
  const unsigned k = lane % kRowLanes, output = k < outputs ? k : 0;
  const unsigned stride = run.shape.output_stride();
#pragma unroll 1
  for (unsigned unit = first_group.warp() - kFirstSmallWarp; unit <= units; unit += kSmallWarps) {
    const Block block(run, unit < units ? unit / kUnits : 0);
    const float* activations = block.activations() + unit % kUnits * run.shape.row_stride();
    const float gradient = sum_over_rows<OwnPieces>(rows, lane, [&](unsigned row, float sum) {
      const float dz = block.logit_gradients()[row * stride + output];
      return unit < units ? fmaf(dz, activations[row], sum) : sum + dz;
    });
    if (lane >= outputs) continue;
    small[unit < units ? k * units + unit : outputs * units + units + k] = gradient;
  }
  for (unsigned g = 0; g < run.shape.groups; ++g) {
    if (first_group.warp() - kFirstSmallWarp != g % kSmallWarps) continue;
    const Block block(run, g);
    hidden_bias_gradients<OwnPieces>(run, block, rows, [&](unsigned unit, float gradient) {
      small[outputs * units + block.first_unit() + unit] = gradient;
    });
  }
}

// Where the small gradient with this number belongs.
__device__ inline std::size_t small_parameter(const Run& run, unsigned i) {
  const unsigned weights = run.shape.outputs * run.shape.units;
  if (i < weights) return run.offsets.output_weight + i;
  i -= weights;
  if (i < run.shape.units) return run.offsets.hidden_bias + i;
  return run.offsets.output_bias + i - run.shape.units;
}

// The sums of the numbers [first, first + kAtOnce) of the first layer over all blocks, as far as
// they lie before `end`: one for each of the first kAtOnce threads. All threads of the block call
// it.
constexpr unsigned kAtOnce = 64;
__device__ inline long long add_up(const FullRun& full, unsigned first, unsigned end) {
  constexpr unsigned kParts = kThreads / kAtOnce;
  const Shape& s = full.run.shape;
  const std::size_t numbers = std::size_t{s.units} * s.features;
  const unsigned thread = hardware::thread(), lane = thread % kAtOnce, part = thread / kAtOnce;
  long long* sums = Block(full.run).totals() + lane;  // [kParts, kAtOnce]; free between sweeps
  long long total = 0;
  if (first + lane < end) {
#pragma unroll 8
    for (unsigned b = part; b < s.row_blocks; b += kParts) {
      total += full.totals[b * numbers + first + lane];
    }
  }
  sums[part * kAtOnce] = total;
  __syncthreads();
  if (part == 0) {
    for (unsigned p = 1; p < kParts; ++p) total += sums[p * kAtOnce];
  }
  __syncthreads();
  return total;
}

// Adds up the gradients of this block's share of the parameters over all blocks, and updates them.
template <Rule rule>
__device__ void update_share(const FullRun& full, unsigned step, const StepCoefficients& now,
                             const unsigned* largest) {
  const Run& run = full.run;
  const unsigned thread = hardware::thread(), own = hardware::block();
  const unsigned blocks = run.shape.row_blocks, units = run.shape.units;
  const unsigned numbers = units * run.shape.features, each = (numbers + blocks - 1) / blocks;
  const unsigned end = (own + 1) * each < numbers ? (own + 1) * each : numbers;
  for (unsigned first = own * each; first < end; first += kAtOnce) {
    const long long total = add_up(full, first, end);
    const unsigned i = first + thread;
    if (thread >= kAtOnce || i >= end) continue;
    const unsigned unit = i / run.shape.features;
    long long sum = 0;
    for (unsigned b = 0; b < blocks && run.shift != 0; ++b) sum += full.sums[b * units + unit];
    const float gradient =
        whole_gradient(static_cast<float>(total), static_cast<float>(sum), run.shift,
                       whole_scale(float_of(largest[unit])), run.scale);
    update_parameter<rule>(run, step, now, gradient, run.offsets.hidden_weight + i);
  }
  const unsigned count = small_count(run.shape);
  for (unsigned i = own + thread * blocks; i < count; i += kThreads * blocks) {
    update_parameter<rule>(run, step, now, sum_of_blocks(full.small + i, count, blocks),
                           small_parameter(run, i));
  }
}

}  // namespace kilat::kernels::resident
