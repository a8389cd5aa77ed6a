// The first layer's forward pass: weights as whole numbers times bytes, on tensor cores.
#pragma once

#include "kernels/resident/block.h"

namespace kilat::kernels::resident {

static_assert(kUnits == kMultipliers);

constexpr unsigned kProductDepth = 32;  // of a product of bytes: features, or rows of the batch
constexpr unsigned kHeldProducts = kMostFeatures / kProductDepth / kMultipliers;  // of a warp

// A warp's share of the block's weights as digits, ready to be multiplied: [product][place][half].
using WeightDigits = unsigned[kHeldProducts][3][2];

// The three digits of whole numbers v, as bytes of v + 0x808080; each less 128 is signed.
__device__ inline unsigned biased_digits(float x, const WholeScale& scale) {
  return static_cast<unsigned>(whole(x, scale)) + 0x808080U;
}

// digit[d] holds the digits of place d of four weights. Returns Σ v of them.
__device__ inline long long digits_of_four(const float* w, const WholeScale& scale,
                                           unsigned (&digit)[3]) {
  const unsigned a = biased_digits(w[0], scale), b = biased_digits(w[1], scale),
                 c = biased_digits(w[2], scale), d = biased_digits(w[3], scale);
  const unsigned low_ab = __byte_perm(a, b, 0x5140), low_cd = __byte_perm(c, d, 0x5140),
                 high_ab = __byte_perm(a, b, 0x0062), high_cd = __byte_perm(c, d, 0x0062);
  digit[0] = __byte_perm(low_ab, low_cd, 0x5410) ^ 0x80808080U;
  digit[1] = __byte_perm(low_ab, low_cd, 0x7632) ^ 0x80808080U;
  digit[2] = __byte_perm(high_ab, high_cd, 0x5410) ^ 0x80808080U;
  return static_cast<long long>(a) + b + c + d - 4LL * 0x808080;
}

// Makes digits of the warp's share of the weights, which are products warp, warp + 8, … deep.
__device__ inline void make_digits(const Run& run, const Block& block, unsigned now,
                                   WeightDigits& digits) {
  const unsigned unit = block.lane() / 4, column = block.lane() % 4 * 4;
  const unsigned stride = run.shape.weight_stride();
  const WholeScale scale = whole_scale(float_of(block.largest()[now * kUnits + unit]));
  long long sum = 0;
#pragma unroll
  for (unsigned i = 0; i < kHeldProducts; ++i) {
    const unsigned first = (block.warp() + i * kMultipliers) * kProductDepth + column;
#pragma unroll
    for (unsigned half = 0; half < 2; ++half) {
      unsigned digit[3] = {};
      const unsigned f = first + half * 16;
      if (f < stride) sum += digits_of_four(block.weights() + unit * stride + f, scale, digit);
#pragma unroll
      for (unsigned d = 0; d < 3; ++d) digits[i][d][half] = digit[d];
    }
  }
  if (run.shift == 0) return;
  atomicAdd(&block.weight_sum()[now * kUnits + unit], static_cast<unsigned long long>(sum));
}

// Adds up the warp's share of the products of a piece's images with the weights, and leaves it in
// totals.
__device__ inline void multiply_piece(const Run& run, const Block& block,
                                      const std::uint8_t* images, const WeightDigits& digits,
                                      long long* totals) {
  const unsigned stride = run.shape.image_stride();
  const unsigned products = (run.shape.features + kProductDepth - 1) / kProductDepth;
  int sum[2][3][4] = {};
#pragma unroll
  for (unsigned i = 0; i < kHeldProducts; ++i) {
    const unsigned product = block.warp() + i * kMultipliers;
    if (product >= products) continue;
#pragma unroll
    for (unsigned m = 0; m < 2; ++m) {
      unsigned rows[4];
      hardware::load_matrices(rows, images + (m * 16 + block.lane() % 16) * stride +
                                        product * kProductDepth + block.lane() / 16 * 16);
#pragma unroll
      for (unsigned d = 0; d < 3; ++d) {
        hardware::multiply_unsigned_signed(sum[m][d], rows, digits[i][d]);
      }
    }
  }
#pragma unroll
  for (unsigned m = 0; m < 2; ++m) {
#pragma unroll
    for (unsigned c = 0; c < 4; ++c) {
      const unsigned unit = block.lane() % 4 * 2 + c % 2;
      const unsigned row = m * 16 + block.lane() / 4 + c / 2 * 8;
      totals[(block.warp() * kUnits + unit) * kTotalStride + row] =
          static_cast<long long>(sum[m][2][c]) * 65536 + (sum[m][1][c] * 256 + sum[m][0][c]);
    }
  }
}

// a = f(z + b) for the rows of piece j; a warp has a unit, a lane a row.
__device__ inline void activate_piece(const Run& run, const Block& block, const long long* totals,
                                      unsigned now, unsigned j) {
  const unsigned unit = block.warp();
  long long total = 0;
#pragma unroll
  for (unsigned w = 0; w < kMultipliers; ++w) {
    total += totals[(w * kUnits + unit) * kTotalStride + block.lane()];
  }
  const WholeScale scale = whole_scale(float_of(block.largest()[now * kUnits + unit]));
  const auto sum = static_cast<long long>(block.weight_sum()[now * kUnits + unit]);
  const float z = whole_logit(total, sum, whole_shift(run.shift), scale, run.scale);
  block.activations()[unit * run.shape.row_stride() + j * kPiece + block.lane()] =
      with_activation(run.activation.kind, [&]<ActivationKind kind>() {
        return activate<kind>(z + block.biases()[unit], run.activation.slope);
      });
}

// Activations of the batch's rows, from the weights' digits and the numbers of slot `now`.
__device__ inline void forward(const Run& run, const Block& block, const Batch& batch, unsigned now,
                               const WeightDigits& digits) {
  const unsigned stride = run.shape.image_stride();
  for (unsigned j = 0; j < batch.pieces(); ++j) {
    const unsigned times_filled =
        piece_of(run, batch, j) / run.shape.buffers;  // the buffer, before
    const unsigned buffer = buffer_of(run, batch, j);
    long long* totals = block.totals() + j % 2 * kMultipliers * kUnits * kTotalStride;
    hardware::wait(&block.full()[buffer], times_filled % 2);
    multiply_piece(run, block, block.images() + buffer * kPiece * stride, digits, totals);
    hardware::sync_threads(kMultiply, kMultiplyThreads);
    activate_piece(run, block, totals, now, j);
  }
  hardware::sync_threads(kMultiply, kMultiplyThreads);
}

}  // namespace kilat::kernels::resident
