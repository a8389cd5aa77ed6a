// The exchange by words in global memory, in two hops: to the owner of a row, and from it to all.
#pragma once

#include "kernels/resident/exchange.h"

namespace kilat::kernels::resident {

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
  for (unsigned first = block.thread(); first < blocks * outputs;
       first += kMultiplyThreads * kWordsAtOnce) {
    const unsigned count = (blocks * outputs - first + kMultiplyThreads - 1) / kMultiplyThreads;
    unsigned value[kWordsAtOnce];
    hardware::take_words(value, count, tag, [&](unsigned i) {
      const unsigned at = first + i * kMultiplyThreads;
      return parts + std::size_t{at / outputs} * numbers + row * outputs + at % outputs;
    });
#pragma unroll
    for (unsigned i = 0; i < kWordsAtOnce; ++i) {
      if (i < count) part[first + i * kMultiplyThreads] = float_of(value[i]);
    }
  }
  hardware::sync_threads(kMultiply, kMultiplyThreads);
  const unsigned groups = (blocks + kPartsOfGroup - 1) / kPartsOfGroup;
  const unsigned k = block.thread() / kGroups, group = block.thread() % kGroups;
  if (k < outputs && group < groups) {
    const unsigned first = group * kPartsOfGroup;
    const unsigned count = blocks - first < kPartsOfGroup ? blocks - first : kPartsOfGroup;
    float x[kPartsOfGroup];
#pragma unroll
    for (unsigned i = 0; i < kPartsOfGroup; ++i) {
      x[i] = i < count ? part[(first + i) * outputs + k] : 0;
    }
    sums[k * kGroups + group] = sum_in_pairs(x, count);
  }
  hardware::sync_threads(kMultiply, kMultiplyThreads);
  if (block.warp() == 0) {
    const unsigned output = block.lane() % kRowLanes, real = output < outputs ? output : 0;
    float x[kGroups];
#pragma unroll
    for (unsigned g = 0; g < kGroups; ++g) {
      x[g] = g < groups ? sums[real * kGroups + g] : 0;
    }
    const float z = sum_in_pairs(x, groups) + block.output_biases()[real];
    const float gradient = loss_gradient(z, output, outputs, label_of(run, block, batch, row),
                                         1 / static_cast<float>(batch.rows));
    if (block.lane() < outputs) {
      hardware::put_word(gradients + row * outputs + output, bits_of(gradient), tag);
    }
  }
  hardware::sync_threads(kMultiply, kMultiplyThreads);
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
  for (unsigned first = block.thread(); first < rows * outputs;
       first += kMultiplyThreads * kWordsAtOnce) {
    const unsigned count = (rows * outputs - first + kMultiplyThreads - 1) / kMultiplyThreads;
    unsigned value[kWordsAtOnce];
    hardware::take_words(value, count, tag,
                         [&](unsigned i) { return gradients + first + i * kMultiplyThreads; });
#pragma unroll
    for (unsigned i = 0; i < kWordsAtOnce; ++i) {
      if (i >= count) continue;
      const unsigned at = first + i * kMultiplyThreads;
      keep_gradient(run, block, batch, at / outputs, at % outputs, float_of(value[i]));
    }
  }
}

}  // namespace kilat::kernels::resident
