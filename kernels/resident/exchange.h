// The one exchange of a step: each block knows the logits' parts of its own units, and afterwards
// the gradients of all logits. Within a cluster every block gets all parts and works out the same
// gradients. Else a row has an owner, which gets its parts and gives its gradients to all, by words
// in global memory that carry their step.
#pragma once

#include "kernels/resident/softmax.h"

namespace kilat::kernels::resident {

// Calls f(octet of the block, row, output, sum) for the parts of the logits that the block's octets
// make: chains of eight units.
template <class F>
__device__ void each_part(const Run& run, const Block& block, const Batch& batch, const F& f) {
  const unsigned outputs = run.shape.outputs, stride = run.shape.output_stride();
  for (unsigned at = threadIdx.x; at < batch.rows * outputs; at += kMultipliers * kWarp) {
    const unsigned row = at / outputs, k = at % outputs;
    for (unsigned o = 0; o < block.octets(); ++o) {
      float part = 0;
#pragma unroll
      for (unsigned i = 0; i < kOctet; ++i) {
        const unsigned unit = o * kOctet + i;
        if (unit < block.units()) {
          part = fmaf(block.activations()[unit * run.shape.row_stride() + row],
                      block.small()[unit * stride + k], part);
        }
      }
      // Others learn of this block's fault by the loss.
      f(o, row, k, *block.has_fault() != 0 ? float_of(0x7fc00000) : part);
    }
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

// Within a cluster. Like its twin for a grid it is no inline function: registers that it would
// share with the products would not suffice.
template <unsigned most_octets>
__device__ __attribute__((noinline)) void exchange_in_cluster(const Run& run, Block block,
                                                              Batch batch) {
  const unsigned outputs = run.shape.outputs, numbers = run.shape.capacity() * outputs;
  const unsigned octets = run.shape.all_octets(), now = batch.number % 2;
  const unsigned mine = blockIdx.x * run.shape.octets;
  float* incoming = block.incoming() + now * octets * numbers;
  float* outgoing = block.outgoing() + now * run.shape.octets * numbers;
  each_part(run, block, batch, [&](unsigned o, unsigned row, unsigned k, float part) {
    incoming[(mine + o) * numbers + row * outputs + k] = part;
    outgoing[o * numbers + row * outputs + k] = part;
  });
  hardware::fence_for_copies();
  hardware::sync_threads(kMultiply, kMultipliers * kWarp);
  if (block.warp() == 0) {
    const unsigned bytes = numbers * 4;
    if (block.lane() == 0) {
      hardware::arrive_expecting(&block.arrived()[now], (octets - block.octets()) * bytes);
    }
    const unsigned blocks = run.shape.blocks();
    for (unsigned i = block.lane(); i < blocks * block.octets(); i += kWarp) {
      const unsigned to = i % blocks, o = i / blocks;
      if (to == blockIdx.x) continue;
      hardware::copy_to_block(to, incoming + (mine + o) * numbers, outgoing + o * numbers, bytes,
                              &block.arrived()[now]);
    }
  }
  hardware::wait(&block.arrived()[now], batch.number / 2 % 2);
  const unsigned k = block.lane() % kRowLanes, output = k < outputs ? k : 0;
  const float share = 1 / static_cast<float>(batch.rows);
  constexpr unsigned kRows = kMultipliers * kWarp / kRowLanes;
  for (unsigned first = 0; first < batch.rows; first += kRows) {
    const unsigned row = first + threadIdx.x / kRowLanes, real = row < batch.rows ? row : 0;
    float parts[most_octets];
#pragma unroll
    for (unsigned o = 0; o < most_octets; ++o) {
      if (o < octets) parts[o] = incoming[o * numbers + real * outputs + output];
    }
    const float gradient = loss_gradient(sum_in_pairs(parts, octets), block.output_biases()[output],
                                         k, outputs, label_of(run, block, batch, real), share);
    if (k < outputs && row < batch.rows) keep_gradient(run, block, batch, row, k, gradient);
  }
}

constexpr unsigned kOctetsOfGroup = 16;  // whose parts a thread adds up
constexpr unsigned kGroups = kMostOctets / kOctetsOfGroup;
constexpr unsigned kWordsAtOnce = 4;

// The logits of a row of this block's, and from them the row's gradients.
__device__ inline void own_row(const Run& run, const Block& block, const Batch& batch, unsigned row,
                               const std::uint64_t* parts, std::uint64_t* gradients) {
  const unsigned outputs = run.shape.outputs, octets = run.shape.all_octets();
  const unsigned tag = run.tag + batch.number, numbers = run.shape.capacity() * outputs;
  auto* part =
      reinterpret_cast<float*>(block.totals());  // [octets, outputs], then [outputs, kGroups]
  float* sums = part + octets * outputs;
  constexpr unsigned kTogether = kMultipliers * kWarp;
  for (unsigned first = threadIdx.x; first < octets * outputs; first += kTogether * kWordsAtOnce) {
    const unsigned count = (octets * outputs - first + kTogether - 1) / kTogether;
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
  const unsigned groups = (octets + kOctetsOfGroup - 1) / kOctetsOfGroup;
  const unsigned k = threadIdx.x / kGroups, group = threadIdx.x % kGroups;
  if (k < outputs && group < groups) {
    const unsigned first = group * kOctetsOfGroup;
    const unsigned count = octets - first < kOctetsOfGroup ? octets - first : kOctetsOfGroup;
    float x[kOctetsOfGroup];
#pragma unroll
    for (unsigned i = 0; i < kOctetsOfGroup; ++i) {
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
__device__ __attribute__((noinline)) inline void exchange_in_grid(const Run& run, Block block,
                                                                  Batch batch) {
  const unsigned outputs = run.shape.outputs, octets = run.shape.all_octets();
  const unsigned now = batch.number % 2, tag = run.tag + batch.number;
  const std::size_t numbers = std::size_t{run.shape.capacity()} * outputs;
  std::uint64_t* parts = run.parts + now * octets * numbers;
  std::uint64_t* gradients = run.gradients + now * numbers;
  each_part(run, block, batch, [&](unsigned o, unsigned row, unsigned k, float part) {
    const std::size_t octet = blockIdx.x * run.shape.octets + o;
    hardware::put_word(parts + octet * numbers + row * outputs + k, bits_of(part), tag);
  });
  for (unsigned row = blockIdx.x; row < batch.rows; row += run.shape.blocks()) {
    own_row(run, block, batch, row, parts, gradients);
  }
  constexpr unsigned kTogether = kMultipliers * kWarp;
  for (unsigned first = threadIdx.x; first < batch.rows * outputs;
       first += kTogether * kWordsAtOnce) {
    const unsigned count = (batch.rows * outputs - first + kTogether - 1) / kTogether;
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
