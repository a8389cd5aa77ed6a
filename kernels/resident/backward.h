// The gradient of the first layer, from that of the logits, and the update of its weights.
#pragma once

#include "kernels/resident/forward.h"
#include "kernels/resident/update.h"

namespace kilat::kernels::resident {

constexpr unsigned kGroup = 16;      // features whose gradients a product gives
constexpr unsigned kHeldGroups = 4;  // of a warp, at a time: as many as registers hold

// dz of a unit: Σ_k dz2[row][k] W2[k][unit] · f'. A lane has a row of each piece. Returns the scale
// for their largest magnitude.
__device__ inline WholeScale unit_gradients(const Run& run, const Block& block, const Batch& batch,
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
      gradient =
          activation_gradient(run.activation, outputs > kChain ? chain[0] + chain[1] : chain[0],
                              block.activations()[at]);
    }
    block.gradients()[at] = gradient;
    const unsigned magnitude = bits_of(fabsf(gradient));
    largest = magnitude > largest ? magnitude : largest;
  }
  return whole_scale(float_of(__reduce_max_sync(~0U, largest)));
}

// Where a product of transposed images wants the digits of a row of the piece.
__device__ inline unsigned digit_column(unsigned row) {
  return row / 16 * 16 + row / 2 % 4 * 4 + row / 8 % 2 * 2 + row % 2;
}

// Gradients of the block's units with respect to z, as digits; a warp has a unit.
__device__ inline void gradient_digits(const Run& run, const Block& block, const Batch& batch) {
  const unsigned unit = block.warp();
  const WholeScale scale = unit_gradients(run, block, batch, unit);
  const bool finite = scale.from == scale.from;
  long long sum = 0;
  for (unsigned j = 0; j < batch.pieces(); ++j) {
    const float x = block.gradients()[unit * run.shape.row_stride() + j * kPiece + block.lane()];
    const std::int32_t v = finite ? whole(x, scale) : 0;
    const unsigned digit = digits(v);
    std::uint8_t* to =
        block.digits() + (j * kDigitTiles * 16 + unit) * kDigitStride + digit_column(block.lane());
#pragma unroll
    for (unsigned d = 0; d < 3; ++d) {
      to[d * kUnits * kDigitStride] = static_cast<std::uint8_t>(digit >> 8 * d);
    }
    sum += v;
  }
  if (run.shift != 0) {
    for (int offset = kWarp / 2; offset > 0; offset /= 2) {
      sum += __shfl_xor_sync(~0U, sum, offset);
    }
  }
  if (block.lane() == 0) {
    block.factor()[unit] = scale.from;
    block.gradient_sum()[unit] = static_cast<float>(sum);
  }
}

using PieceDigits = unsigned[kDigitTiles][4];
// Of a group of features: sums of digits times bytes over the batch, [tile][even or odd][fragment].
using GroupSums = int[kDigitTiles][2][4];

__device__ inline void load_digits(const Block& block, unsigned j, PieceDigits& digits) {
#pragma unroll
  for (unsigned m = 0; m < kDigitTiles; ++m) {
    const unsigned row = (j * kDigitTiles + m) * 16 + block.lane() % 16;
    hardware::load_matrices(digits[m],
                            block.digits() + row * kDigitStride + block.lane() / 16 * 16);
  }
}

// Adds a piece's products for a group of features; `image` is the lane's row.
__device__ inline void multiply_group(const std::uint8_t* image, unsigned group,
                                      const PieceDigits& digits, GroupSums& sum) {
  unsigned pairs[4];
  hardware::load_matrices_transposed(pairs, image + group * kGroup);
  const unsigned even[2] = {__byte_perm(pairs[0], pairs[1], 0x6420),
                            __byte_perm(pairs[2], pairs[3], 0x6420)};
  const unsigned odd[2] = {__byte_perm(pairs[0], pairs[1], 0x7531),
                           __byte_perm(pairs[2], pairs[3], 0x7531)};
#pragma unroll
  for (unsigned m = 0; m < kDigitTiles; ++m) {
    hardware::multiply_signed_unsigned(sum[m][0], digits[m], even);
    hardware::multiply_signed_unsigned(sum[m][1], digits[m], odd);
  }
}

// A whole number of three digits' sums, in fp32, rounded once. At most kMostRows rows.
__device__ inline float total_of_digits(int low, int middle, int high) {
  const int lower = middle * 256 + low;
  return fmaf(static_cast<float>(high + (lower >> 16)), 65536.0F,
              static_cast<float>(lower & 0xffff));
}

// Updates a lane's four weights in a group of features. Returns the largest magnitude of these and
// `largest`, as bits.
template <Rule rule>
__device__ unsigned update_group(const Update& update, const Run& run, const Block& block,
                                 unsigned group, const GroupSums& sum, unsigned largest) {
  constexpr unsigned kOfLane = 4;
  const unsigned first = group * kGroup + block.lane() % 4 * kOfLane, unit = block.lane() / 4;
  if (unit >= block.units()) return largest;
#pragma unroll
  for (unsigned f = 0; f < kOfLane; ++f) {
    if (first + f >= run.shape.features) continue;
    const auto of_digit = [&](unsigned d) { return sum[d / 2][f % 2][d % 2 * 2 + f / 2]; };
    const float total = total_of_digits(of_digit(0), of_digit(1), of_digit(2));
    const float gradient = whole_gradient(total, block.gradient_sum()[unit], run.shift,
                                          {0, block.factor()[unit]}, run.scale);
    float& weight = block.weights()[unit * run.shape.weight_stride() + first + f];
    update.number<rule>(weight, kUnits * run.shape.weight_stride(), gradient,
                        run.offsets.hidden_weight +
                            std::size_t{block.first_unit() + unit} * run.shape.features + first +
                            f);
    const unsigned magnitude = bits_of(fabsf(weight));
    largest = magnitude > largest ? magnitude : largest;
  }
  return largest;
}

// Gives the piece's buffer back when the warp has read it for the last time.
__device__ inline void give_back(const Block& block, unsigned buffer) {
  __syncwarp();
  if (block.lane() == 0) hardware::arrive(&block.empty()[buffer]);
}

// dW = dzᵀ x, and the update; a warp has every eighth group of features.
template <Rule rule>
__device__ void backward(const Update& update, const Run& run, const Block& block,
                         const Batch& batch) {
  const unsigned groups = (run.shape.features + kGroup - 1) / kGroup;
  const unsigned rounds = (groups + kHeldGroups * kMultipliers - 1) / (kHeldGroups * kMultipliers);
  unsigned largest = 0;
  for (unsigned round = 0; round < rounds; ++round) {
    const auto group = [&](unsigned i) {
      return block.warp() + (round * kHeldGroups + i) * kMultipliers;
    };
    GroupSums sum[kHeldGroups] = {};
    for (unsigned j = 0; j < batch.pieces(); ++j) {
      const unsigned buffer = (batch.number * run.shape.pieces() + j) % run.shape.buffers;
      const std::uint8_t* image =
          block.images() + (buffer * kPiece + block.lane()) * run.shape.image_stride();
      PieceDigits digits;
      load_digits(block, j, digits);
#pragma unroll
      for (unsigned i = 0; i < kHeldGroups; ++i) {
        if (group(i) < groups) multiply_group(image, group(i), digits, sum[i]);
      }
      if (round + 1 == rounds) give_back(block, buffer);
    }
    if (*block.silent() != 0) continue;
#pragma unroll
    for (unsigned i = 0; i < kHeldGroups; ++i) {
      if (group(i) < groups) {
        largest = update_group<rule>(update, run, block, group(i), sum[i], largest);
      }
    }
  }
  for (int offset = 1; offset < 4; offset *= 2) {
    const unsigned other = __shfl_xor_sync(~0U, largest, offset);
    largest = other > largest ? other : largest;
  }
  if (block.lane() % 4 != 0) return;
  unsigned* next = block.largest() + (batch.number + 1) % 2 * kUnits;
  atomicMax(&next[block.lane() / 4], largest);
}

}  // namespace kilat::kernels::resident
