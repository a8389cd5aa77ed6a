// The parts of a row's logits that a block makes, and the loss's gradient from their sums; there a
// lane has an output.
#pragma once

#include "kernels/cursor.h"
#include "kernels/resident/block.h"

namespace kilat::kernels::resident {

constexpr unsigned kRowLanes = 16;  // that share a row
static_assert(kRowLanes >= kMostOutputs);

// The part of a row's logit k that the block's units make: a chain.
__device__ inline float logit_part(const Run& run, const Block& block, unsigned row, unsigned k) {
  float part = 0;
#pragma unroll
  for (unsigned unit = 0; unit < kUnits; ++unit) {
    if (unit >= block.units()) continue;
    part = fmaf(block.activations()[unit * run.shape.row_stride() + row],
                block.small()[unit * run.shape.output_stride() + k], part);
  }
  return part;
}

// A row's softmax and loss. exponential: e^(z − largest) of this lane's output; all else is the
// same for the lanes of a row.
struct RowLoss {
  float largest, exponential, sum, loss;
};

// From z, with its bias, of this lane's output k. All lanes of the warp call it; lanes of outputs
// that are not there get nothing of use.
__device__ inline RowLoss row_loss(float z, unsigned k, unsigned outputs, unsigned label) {
  float largest = k < outputs ? z : -INFINITY;
  for (unsigned offset = kRowLanes / 2; offset > 0; offset /= 2) {
    largest = fmaxf(largest, __shfl_xor_sync(~0U, largest, static_cast<int>(offset), kRowLanes));
  }
  const float e = k < outputs ? exponential<FloatArithmetic>(z - largest) : 0;
  float chain = 0;  // of the eight outputs that k is among
  for (unsigned i = 0; i < kChain; ++i) {
    chain += __shfl_sync(~0U, e, static_cast<int>(i), static_cast<int>(kChain));
  }
  const float second = __shfl_sync(~0U, chain, static_cast<int>(kChain), kRowLanes);
  const float first = __shfl_sync(~0U, chain, 0, kRowLanes);
  const float sum = outputs > kChain ? first + second : first;
  const float of_label = __shfl_sync(~0U, z, static_cast<int>(label), kRowLanes);
  return {largest, e, sum, logarithm(sum) - (of_label - largest)};
}

// (softmax(z) − [k = label]) / n of this lane's output k; NaN if the row's loss is not finite.
__device__ inline float loss_gradient(float z, unsigned k, unsigned outputs, unsigned label,
                                      float share) {
  const RowLoss row = row_loss(z, k, outputs, label);
  if (!is_finite(row.loss)) return float_of(0x7fc00000);
  return (row.exponential / row.sum - (k == label ? 1.0F : 0.0F)) * share;
}

// Whether the label is the first output with the row's largest logit.
__device__ inline bool is_hit(const RowLoss& row, float z, unsigned k, unsigned outputs,
                              unsigned label) {
  const unsigned has_largest = __ballot_sync(~0U, k < outputs && z == row.largest ? 1 : 0);
  const unsigned first_lane = threadIdx.x % kWarp / kRowLanes * kRowLanes;
  const unsigned of_row = has_largest >> first_lane & ((1U << kRowLanes) - 1);
  return __ffs(static_cast<int>(of_row)) == static_cast<int>(label) + 1 && row.loss == row.loss;
}

}  // namespace kilat::kernels::resident
