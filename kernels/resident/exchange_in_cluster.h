// The exchange by copies from block to block of a cluster, each with its parts for all others.
#pragma once

#include "kernels/resident/exchange.h"

namespace kilat::kernels::resident {

// Within a cluster. Like its twin for a grid it is no inline function: the registers that it would
// share with the products would not suffice.
__device__ __attribute__((noinline)) inline void exchange_in_cluster(const Run& run, unsigned step,
                                                                     unsigned rows) {
  const Block block(run);
  const Batch batch{step, 0, rows};
  const unsigned outputs = run.shape.outputs, numbers = run.shape.capacity() * outputs;
  const unsigned blocks = run.shape.blocks(), now = step % 2;
  float* incoming = block.incoming() + now * blocks * numbers;
  float* own = incoming + blockIdx.x * numbers;
  float* outgoing = block.outgoing() + now * numbers;
  each_part(run, block, batch, [&](unsigned row, unsigned k, float part) {
    own[row * outputs + k] = outgoing[row * outputs + k] = part;
  });
  hardware::fence_for_copies();
  hardware::sync_threads(kMultiply, kMultiplyThreads);
  if (block.warp() == 0) {
    const unsigned bytes = numbers * 4;
    if (block.lane() == 0) hardware::arrive_expecting(&block.arrived()[now], (blocks - 1) * bytes);
    if (block.lane() < blocks && block.lane() != blockIdx.x) {
      hardware::copy_to_block(block.lane(), own, outgoing, bytes, &block.arrived()[now]);
    }
  }
  hardware::wait(&block.arrived()[now], step / 2 % 2);
  const unsigned k = block.lane() % kRowLanes, output = k < outputs ? k : 0;
  const float share = 1 / static_cast<float>(rows);
  constexpr unsigned kRows = kMultiplyThreads / kRowLanes;
  for (unsigned first = 0; first < rows; first += kRows) {
    const unsigned row = first + block.thread() / kRowLanes, real = row < rows ? row : 0;
    float parts[kMostInCluster];
#pragma unroll
    for (unsigned from = 0; from < kMostInCluster; ++from) {
      if (from < blocks) parts[from] = incoming[from * numbers + real * outputs + output];
    }
    const float z = sum_in_pairs(parts, blocks) + block.output_biases()[output];
    const float gradient = loss_gradient(z, k, outputs, label_of(run, block, batch, real), share);
    if (k < outputs && row < rows) keep_gradient(run, block, batch, row, k, gradient);
  }
}

}  // namespace kilat::kernels::resident
