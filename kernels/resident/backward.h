// The gradient of the first layer, digits times bytes on tensor cores, and the update of its
// weights.
#pragma once

#include "kernels/resident/rows.h"
#include "kernels/resident/update.h"

namespace kilat::kernels::resident {

constexpr unsigned kGroup = 16;      // features whose gradients a product gives
constexpr unsigned kHeldGroups = 4;  // of a warp, at a time: as many as registers hold

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

// Calls f(unit, feature, low, middle, high) with the sums of digits of a lane's four weights.
template <class F>
__device__ void each_sum(const Run& run, const Block& block, unsigned group, const GroupSums& sum,
                         const F& f) {
  constexpr unsigned kOfLane = 4;
  const unsigned first = group * kGroup + block.lane() % 4 * kOfLane, unit = block.lane() / 4;
  if (unit >= block.units()) return;
#pragma unroll
  for (unsigned i = 0; i < kOfLane; ++i) {
    if (first + i >= run.shape.features) continue;
    const auto of_digit = [&](unsigned d) { return sum[d / 2][i % 2][d % 2 * 2 + i / 2]; };
    f(unit, first + i, of_digit(0), of_digit(1), of_digit(2));
  }
}

// Updates a lane's four weights in a group of features. Returns the largest magnitude of these and
// `largest`, as bits.
template <Rule rule>
__device__ unsigned update_group(const Update& update, const Run& run, const Block& block,
                                 unsigned group, const GroupSums& sum, unsigned largest) {
  each_sum(run, block, group, sum,
           [&](unsigned unit, unsigned feature, int low, int middle, int high) {
             const float total = total_of_digits(low, middle, high);
             const float gradient = whole_gradient(total, block.gradient_sum()[unit], run.shift,
                                                   {0, block.factor()[unit]}, run.scale);
             float& weight = block.weights()[unit * run.shape.weight_stride() + feature];
             update.number<rule>(weight, kUnits * run.shape.weight_stride(), gradient,
                                 run.offsets.hidden_weight +
                                     std::size_t{block.first_unit() + unit} * run.shape.features +
                                     feature);
             const unsigned magnitude = bits_of(fabsf(weight));
             largest = magnitude > largest ? magnitude : largest;
           });
  return largest;
}

// Groups of features, and the rounds in which warps hold the sums of all.
__device__ inline unsigned feature_groups(const Run& run) {
  return (run.shape.features + kGroup - 1) / kGroup;
}
__device__ inline unsigned backward_rounds(const Run& run) {
  constexpr unsigned kOfRound = kHeldGroups * kMultipliers;
  return (feature_groups(run) + kOfRound - 1) / kOfRound;
}

// dW = dzᵀ x, and the update; a warp has every eighth group of features.
template <Rule rule>
__device__ void backward(const Update& update, const Run& run, const Block& block,
                         const Batch& batch) {
  const unsigned groups = feature_groups(run), rounds = backward_rounds(run);
  unsigned largest = 0;
  for (unsigned round = 0; round < rounds; ++round) {
    const auto group = [&](unsigned i) {
      return block.warp() + (round * kHeldGroups + i) * kMultipliers;
    };
    GroupSums sum[kHeldGroups] = {};
    for (unsigned j = 0; j < batch.pieces(); ++j) {
      const unsigned buffer = buffer_of(run, batch, j);
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
