// The one exchange of a step: each block knows the logits' parts of its own units, and afterwards
// the gradients of all logits. Within a cluster every block gets all parts and works out the same
// gradients. Else a row has an owner, which gets its parts and gives its gradients to all, by words
// in global memory that carry their step.
#pragma once

#include "kernels/resident/softmax.h"

namespace kilat::kernels::resident {

// Calls f(row, output, sum) for the parts of the logits that the block's units make: a chain.
template <class F>
__device__ void each_part(const Run& run, const Block& block, const Batch& batch, const F& f) {
  const unsigned outputs = run.shape.outputs, stride = run.shape.output_stride();
  for (unsigned at = threadIdx.x; at < batch.rows * outputs; at += kMultipliers * kWarp) {
    const unsigned row = at / outputs, k = at % outputs;
    float part = 0;
#pragma unroll
    for (unsigned unit = 0; unit < kUnits; ++unit) {
      if (unit >= block.units()) continue;
      part = fmaf(block.activations()[unit * run.shape.row_stride() + row],
                  block.small()[unit * stride + k], part);
    }
    // Others learn of this block's fault by the loss.
    f(row, k, *block.has_fault() != 0 ? float_of(0x7fc00000) : part);
  }
}

// Keeps a gradient of the logits. NaN is a loss that is not finite: updates end.
__device__ inline void keep_gradient(const Run& run, const Block& block, const Batch& batch,
                                     unsigned row, unsigned k, float gradient) {
  block.logit_gradients()[row * run.shape.output_stride() + k] = gradient;
  if (gradient == gradient) return;
  atomicExch(block.silent(), 1U);
  atomicMin(&run.progress->first_fault, fault_at(batch.number));
}

__device__ inline unsigned label_of(const Run& run, const Block& block, const Batch& batch,
                                    unsigned row) {
  const unsigned piece = batch.number * run.shape.pieces() + row / kPiece;
  return block.labels()[piece % run.shape.buffers * kPiece + row % kPiece];
}

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
  hardware::sync_threads(kMultiply, kMultipliers * kWarp);
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
  constexpr unsigned kRows = kMultipliers * kWarp / kRowLanes;
  for (unsigned first = 0; first < rows; first += kRows) {
    const unsigned row = first + threadIdx.x / kRowLanes, real = row < rows ? row : 0;
    float parts[kMostInCluster];
#pragma unroll
    for (unsigned from = 0; from < kMostInCluster; ++from) {
      if (from < blocks) parts[from] = incoming[from * numbers + real * outputs + output];
    }
    const float gradient = loss_gradient(sum_in_pairs(parts, blocks), block.output_biases()[output],
                                         k, outputs, label_of(run, block, batch, real), share);
    if (k < outputs && row < rows) keep_gradient(run, block, batch, row, k, gradient);
  }
}

constexpr unsigned kPartsOfGroup = 16;  // that a thread adds up
constexpr unsigned kGroups = kMostBlocks / kPartsOfGroup;
constexpr unsigned kWordsAtOnce = 4;

// The logits of a row of this block's, and from them the row's gradients.
__device__ inline void own_row(const Run& run, const Block& block, const Batch& batch, unsigned row,
                               const std::uint64_t* parts, std::uint64_t* gradients) {
  const unsigned outputs = run.shape.outputs, blocks = run.shape.blocks();
  const unsigned tag = run.tag + batch.number, numbers = run.shape.capacity() * outputs;
  auto* part =
      reinterpret_cast<float*>(block.totals());  // [blocks, outputs], then [outputs, kGroups]
  float* sums = part + blocks * outputs;
  constexpr unsigned kTogether = kMultipliers * kWarp;
  for (unsigned first = threadIdx.x; first < blocks * outputs; first += kTogether * kWordsAtOnce) {
    const unsigned count = (blocks * outputs - first + kTogether - 1) / kTogether;
    unsigned value[kWordsAtOnce];
    hardware::take_words(value, count, tag, [&](unsigned i) {
      const unsigned at = first + i * kTogether;
      return parts + std::size_t{at / outputs} * numbers + row * outputs + at % outputs;
    });
#pragma unroll
    for (unsigned i = 0; i < kWordsAtOnce; ++i) {
      if (i < count) part[first + i * kTogether] = float_of(value[i]);
    }
  }
  hardware::sync_threads(kMultiply, kTogether);
  const unsigned groups = (blocks + kPartsOfGroup - 1) / kPartsOfGroup;
  const unsigned k = threadIdx.x / kGroups, group = threadIdx.x % kGroups;
  if (k < outputs && group < groups) {
    const unsigned first = group * kPartsOfGroup;
    const unsigned count = blocks - first < kPartsOfGroup ? blocks - first : kPartsOfGroup;
    float x[kPartsOfGroup];
#pragma unroll
    for (unsigned i = 0; i < kPartsOfGroup; ++i) {
      if (i < count) x[i] = part[(first + i) * outputs + k];
    }
    sums[k * kGroups + group] = sum_in_pairs(x, count);
  }
  hardware::sync_threads(kMultiply, kTogether);
  if (block.warp() == 0) {
    const unsigned output = block.lane() % kRowLanes, real = output < outputs ? output : 0;
    float x[kGroups];
#pragma unroll
    for (unsigned g = 0; g < kGroups; ++g) {
      if (g < groups) x[g] = sums[real * kGroups + g];
    }
    const float gradient =
        loss_gradient(sum_in_pairs(x, groups), block.output_biases()[real], output, outputs,
                      label_of(run, block, batch, row), 1 / static_cast<float>(batch.rows));
    if (block.lane() < outputs) {
      hardware::put_word(gradients + row * outputs + output, bits_of(gradient), tag);
    }
  }
  hardware::sync_threads(kMultiply, kTogether);
}

// Through global memory. Words of two steps lie beside each other: no block can be two ahead.
__device__ __attribute__((noinline)) inline void exchange_in_grid(const Run& run, unsigned step,
                                                                  unsigned rows) {
  const Block block(run);
  const Batch batch{step, 0, rows};
  const unsigned outputs = run.shape.outputs, blocks = run.shape.blocks();
  const unsigned now = step % 2, tag = run.tag + step;
  const std::size_t numbers = std::size_t{run.shape.capacity()} * outputs;
  std::uint64_t* parts = run.parts + now * blocks * numbers;
  std::uint64_t* gradients = run.gradients + now * numbers;
  each_part(run, block, batch, [&](unsigned row, unsigned k, float part) {
    hardware::put_word(parts + blockIdx.x * numbers + row * outputs + k, bits_of(part), tag);
  });
  for (unsigned row = blockIdx.x; row < rows; row += blocks) {
    own_row(run, block, batch, row, parts, gradients);
  }
  constexpr unsigned kTogether = kMultipliers * kWarp;
  for (unsigned first = threadIdx.x; first < rows * outputs; first += kTogether * kWordsAtOnce) {
    const unsigned count = (rows * outputs - first + kTogether - 1) / kTogether;
    unsigned value[kWordsAtOnce];
    hardware::take_words(value, count, tag,
                         [&](unsigned i) { return gradients + first + i * kTogether; });
#pragma unroll
    for (unsigned i = 0; i < kWordsAtOnce; ++i) {
      if (i >= count) continue;
      const unsigned at = first + i * kTogether;
      keep_gradient(run, block, batch, at / outputs, at % outputs, float_of(value[i]));
    }
  }
}

}  // namespace kilat::kernels::resident
