// The gradients of the output layer and of the biases, and their updates: by three warps, while the
// others multiply.
#pragma once

#include "kernels/portable/sums.h"
#include "kernels/resident/softmax.h"
#include "kernels/resident/update.h"

namespace kilat::kernels::resident {

constexpr unsigned kFirstSmallWarp = kMultipliers + 1;
constexpr unsigned kStepThreads = kThreads - kWarp;  // all but the copying ones
using PiecesInPairs = portable::Pairs<float, 4>;     // of at most kMostRows / kPiece sums
static_assert(kMostRows / kPiece < 16);

// Σ_r f(r) over the rows, in chains of eight added in pairs. The lane and the one 16 lanes further
// have half of each piece; the former gets the sum.
template <class Pieces = PiecesInPairs, class F>
__device__ float sum_over_rows(const Batch& batch, unsigned lane, const F& f) {
  constexpr unsigned kHalf = kPiece / 2;
  Pieces pieces;
  for (unsigned j = 0; j < batch.pieces(); ++j) {
    const unsigned first = j * kPiece + lane / kHalf * kHalf;
    float chain[2] = {};
#pragma unroll
    for (unsigned i = 0; i < kHalf; ++i) {
      if (first + i < batch.rows) chain[i / kChain] = f(first + i, chain[i / kChain]);
    }
    const float half = first + kChain < batch.rows ? chain[0] + chain[1] : chain[0];
    const float other = __shfl_xor_sync(~0U, half, static_cast<int>(kHalf));
    pieces.add(j * kPiece + kHalf < batch.rows ? half + other : half);
  }
  return pieces.total();
}

// Σ_r dz[unit][r]; a lane has a chain of each piece, the first of four lanes gets the sum.
template <class Pieces = PiecesInPairs>
__device__ float bias_gradient(const float* gradients, const Batch& batch, unsigned chain) {
  Pieces pieces;
  for (unsigned j = 0; j < batch.pieces(); ++j) {
    const unsigned first = j * kPiece + chain * kChain;
    float sum = 0;
#pragma unroll
    for (unsigned i = 0; i < kChain; ++i) {
      if (first + i < batch.rows) sum += gradients[first + i];
    }
#pragma unroll
    for (unsigned width = 1; width < kPiece / kChain; width *= 2) {
      const float other = __shfl_xor_sync(~0U, sum, static_cast<int>(width));
      if (first + width * kChain < batch.rows) sum = sum + other;
    }
    pieces.add(sum);
  }
  return pieces.total();
}

// Calls f(unit, Σ_r dz[unit][r]) for each of the block's units, from a lane of its own; by a warp.
template <class Pieces = PiecesInPairs, class F>
__device__ void hidden_bias_gradients(const Run& run, const Block& block, const Batch& batch,
                                      const F& f) {
  constexpr unsigned kLanes = kPiece / kChain;
  const unsigned unit = block.lane() / kLanes;
  const float gradient = bias_gradient<Pieces>(block.gradients() + unit * run.shape.row_stride(),
                                               batch, block.lane() % kLanes);
  if (block.lane() % kLanes == 0 && unit < block.units()) f(unit, gradient);
}

// A warp has every third unit's output weights, and after the last unit's the output's biases.
template <Rule rule>
__device__ void small_step(const Update& update, const Run& run, const Block& block,
                           const Batch& batch) {
  const unsigned stride = run.shape.output_stride(), outputs = run.shape.outputs;
  const unsigned k = block.lane() % kRowLanes, output = k < outputs ? k : 0;
  const unsigned first = block.warp() - kFirstSmallWarp, last = kUnits;
#pragma unroll 1
  for (unsigned unit = first; unit <= last; unit += kSmallWarps) {
    const float* activations = block.activations() + unit * run.shape.row_stride();
    const float gradient = sum_over_rows(batch, block.lane(), [&](unsigned row, float sum) {
      const float dz = block.logit_gradients()[row * stride + output];
      return unit < last ? fmaf(dz, activations[row], sum) : sum + dz;
    });
    if (block.lane() < outputs) block.small_gradients()[unit * stride + k] = gradient;
  }
  hardware::sync_threads(kGradientsKnown, kStepThreads);
  if (*block.silent() != 0) return;
  if (first == 0) {
    hidden_bias_gradients(run, block, batch, [&](unsigned unit, float gradient) {
      update.number<rule>(block.biases()[unit], block.small_numbers(), gradient,
                          run.offsets.hidden_bias + block.first_unit() + unit);
    });
  }
  if (block.lane() >= outputs) return;
#pragma unroll 1
  for (unsigned unit = first; unit <= last; unit += kSmallWarps) {
    const float gradient = block.small_gradients()[unit * stride + k];
    if (unit == last) {
      update.number<rule>(block.output_biases()[k], block.small_numbers(), gradient,
                          run.offsets.output_bias + k);
    } else if (unit < block.units()) {
      update.number<rule>(
          block.small()[unit * stride + k], block.small_numbers(), gradient,
          run.offsets.output_weight + std::size_t{k} * run.shape.units + block.first_unit() + unit);
    }
  }
}

}  // namespace kilat::kernels::resident
