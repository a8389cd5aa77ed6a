// The gradients of the block's units with respect to z, from those of the logits, and as digits.
#pragma once

#include "kernels/resident/block.h"

namespace kilat::kernels::resident {

// dz of a unit: Σ_k dz2[row][k] W2[k][unit] · f'. A lane has a row of each piece. Returns the
// largest magnitude, as bits.
__device__ inline unsigned unit_gradients(const Run& run, const Block& block, const Batch& batch,
                                          unsigned unit) {
  const unsigned outputs = run.shape.outputs, stride = run.shape.output_stride();
  const float* weights = block.small() + unit * stride;
  unsigned largest = 0;  // as bits, of which a NaN has the most
  for (unsigned j = 0; j < batch.pieces(); ++j) {
    const unsigned row = j * kPiece + block.lane(), at = unit * run.shape.row_stride() + row;
    float gradient = 0;
    if (row < batch.rows) {
      const float* of_row = block.logit_gradients() + row * stride;
      float chain[2] = {};
#pragma unroll
      for (unsigned k = 0; k < kMostOutputs; ++k) {
        if (k < outputs) chain[k / kChain] = fmaf(of_row[k], weights[k], chain[k / kChain]);
      }
      const float da = outputs > kChain ? chain[0] + chain[1] : chain[0];
      gradient = with_activation(run.activation.kind, [&]<ActivationKind kind>() {
        return activation_gradient<kind>(da, block.activations()[at], run.activation.slope);
      });
    }
    block.gradients()[at] = gradient;
    const unsigned magnitude = bits_of(fabsf(gradient));
    largest = magnitude > largest ? magnitude : largest;
  }
  return hardware::largest_of_warp(largest);
}

// Where a product of transposed images wants the digits of a row of the piece.
__device__ inline unsigned digit_column(unsigned row) {
  return row / 16 * 16 + row / 2 % 4 * 4 + row / 8 % 2 * 2 + row % 2;
}

// Writes digits of a unit's dz of piece j to place `place`. A lane has a row; returns its whole
// number.
__device__ inline std::int32_t write_digits(const Run& run, const Block& block, unsigned unit,
                                            unsigned j, unsigned place, const WholeScale& scale) {
  const float x = block.gradients()[unit * run.shape.row_stride() + j * kPiece + block.lane()];
  const std::int32_t v = scale.from == scale.from ? whole(x, scale) : 0;
  const unsigned digit = digits(v);
  std::uint8_t* to = block.digits() + (place * kDigitTiles * 16 + unit) * kDigitStride +
                     digit_column(block.lane());
#pragma unroll
  for (unsigned d = 0; d < 3; ++d) {
    to[d * kUnits * kDigitStride] = static_cast<std::uint8_t>(digit >> 8 * d);
  }
  return v;
}

__device__ inline long long sum_of_warp(long long x) {
  for (int offset = kWarp / 2; offset > 0; offset /= 2) x += __shfl_xor_sync(~0U, x, offset);
  return x;
}

// Digits of a unit's dz, whose largest magnitude is given as bits.
__device__ inline void digits_of_unit(const Run& run, const Block& block, const Batch& batch,
                                      unsigned unit, unsigned largest) {
  const WholeScale scale = whole_scale(float_of(largest));
  long long sum = 0;
  for (unsigned j = 0; j < batch.pieces(); ++j) sum += write_digits(run, block, unit, j, j, scale);
  if (run.shift != 0) sum = sum_of_warp(sum);
  if (block.lane() == 0) {
    block.factor()[unit] = scale.from;
    block.gradient_sum()[unit] = static_cast<float>(sum);
  }
}

// Gradients of the block's units with respect to z, as digits; a warp has a unit.
__device__ inline void gradient_digits(const Run& run, const Block& block, const Batch& batch) {
  const unsigned unit = block.warp();
  digits_of_unit(run, block, batch, unit, unit_gradients(run, block, batch, unit));
}

}  // namespace kilat::kernels::resident
