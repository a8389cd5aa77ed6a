// A block's part of the network in shared memory, and its threads' roles.
#pragma once

#include <dynamic_shared.h>
#include <hardware.h>

#include "backend/arithmetic.h"
#include "kernels/portable/sums.h"
#include "kernels/resident/resident.h"

namespace kilat::kernels::resident {

using hardware::ByteBarrier;

// Named barriers. Those of a step are met by all threads but the copying ones.
constexpr unsigned kMultiply = 1, kLossKnown = 2, kGradientsKnown = 3, kStepEnds = 4;

// Holds little but where the run's description is: what it answers stands in constant memory.
class Block {
 public:
  // `slot`: of a full batch's block, which has several groups of kUnits units, one a slot. `group`:
  // the one in the slot, of a deep network's block, which has one after the other.
  explicit __device__ Block(const Run& run, unsigned slot = 0, unsigned group = kImplied)
      : run_(run), slot_(slot), group_(group), thread_(hardware::thread()) {}

  __device__ unsigned thread() const { return thread_; }
  // The same block. What is made of its thread was not made before (hardware::thread).
  __device__ Block again() const { return Block(run_, slot_, group_); }
  __device__ unsigned warp() const { return thread_ / kWarp; }
  __device__ unsigned lane() const { return thread_ % kWarp; }
  // Units of the network that are the block's; the rest of kUnits are 0.
  __device__ unsigned first_unit() const {
    if (group_ != kImplied) return group_ * kUnits;
    return (shape().row_blocks == 0 ? blockIdx.x : slot_) * kUnits;
  }
  __device__ unsigned units() const {
    const unsigned left = shape().units - first_unit();
    return left < kUnits ? left : kUnits;
  }

  // Barriers of a piece's arrival and of its buffer's return [buffers], and of the parts' arrival
  // in this step and the next [2].
  __device__ ByteBarrier* full() const { return at<ByteBarrier>(run_.layout.barriers); }
  __device__ ByteBarrier* empty() const { return full() + kMostBuffers; }
  __device__ ByteBarrier* arrived() const { return empty() + kMostBuffers; }
  // [buffers, kPiece, image_stride] and [buffers, kPiece]
  __device__ std::uint8_t* images() const { return at<std::uint8_t>(run_.layout.images); }
  __device__ unsigned* labels() const { return at<unsigned>(run_.layout.labels); }
  // The labels of a full batch's block, in their place [capacity]
  __device__ std::uint8_t* row_labels() const { return at<std::uint8_t>(run_.layout.labels); }
  // [1 + state_blocks, kUnits, weight_stride]
  __device__ float* weights() const {
    return at<float>(run_.layout.weights) + slot_ * kUnits * shape().weight_stride();
  }
  // [1 + state_blocks, small_numbers]: output weights [kUnits, output_stride], biases [kUnits], and
  // the output's biases [output_stride], which every block has
  __device__ float* small() const { return at<float>(run_.layout.small) + slot_ * small_numbers(); }
  __device__ float* biases() const { return small() + kUnits * shape().output_stride(); }
  __device__ float* output_biases() const { return biases() + kUnits; }
  __device__ unsigned small_numbers() const { return shape().small_numbers(); }
  // Of output weights [kUnits, output_stride], and of the output's biases
  __device__ float* small_gradients() const { return at<float>(run_.layout.small_gradients); }
  // Sums of the first layer's products [1 or 2, kMultipliers, kUnits, kTotalStride]
  __device__ long long* totals() const { return at<long long>(run_.layout.totals); }
  // [kUnits, row_stride], and the gradients with respect to z, dz, alike
  __device__ float* activations() const {
    return at<float>(run_.layout.activations) + slot_ * kUnits * shape().row_stride();
  }
  __device__ float* gradients() const {
    return at<float>(run_.layout.gradients) + slot_ * kUnits * shape().row_stride();
  }
  // [capacity, output_stride]
  __device__ float* logit_gradients() const { return at<float>(run_.layout.logit_gradients); }
  // Of dz: [pieces, kDigitTiles, 16, kDigitStride]
  __device__ std::uint8_t* digits() const { return at<std::uint8_t>(run_.layout.digits); }
  // Σ v of the units' weights, where the normalisation shifts, and their largest magnitudes, as
  // bits; of this step and the next [2, kUnits]
  __device__ unsigned long long* weight_sum() const {
    return at<unsigned long long>(run_.layout.unit_numbers) + slot_ * kUnits * 4;
  }
  __device__ unsigned* largest() const {
    return reinterpret_cast<unsigned*>(weight_sum() + 2 * kUnits);
  }
  // Of dz's whole numbers: the factor that takes them back, and Σ v [kUnits]
  __device__ float* factor() const { return reinterpret_cast<float*>(largest() + 2 * kUnits); }
  __device__ float* gradient_sum() const { return factor() + kUnits; }
  // Not 0: updates have ended; a parameter of this block has a fault.
  __device__ unsigned* silent() const {
    return at<unsigned>(run_.layout.unit_numbers + shape().groups * kUnits * 32 / Layout::kUnit);
  }
  __device__ unsigned* has_fault() const { return silent() + 1; }
  // The last mark, and the clocks of each part [1 + kStepParts]
  __device__ long long* clocks() const { return reinterpret_cast<long long*>(silent() + 4); }
  // Parts of logits: [2, capacity, outputs] and [2, blocks, capacity, outputs]
  __device__ float* outgoing() const { return at<float>(run_.layout.outgoing); }
  __device__ float* incoming() const { return at<float>(run_.layout.incoming); }
  // Two factors of a tile [2, kWideTile, kTileStride], and the next ones [2]
  __device__ float* tiles() const { return at<float>(run_.layout.tiles); }

 private:
  static constexpr unsigned kImplied = ~0U;

  __device__ const Shape& shape() const { return run_.shape; }
  template <class T>
  __device__ T* at(unsigned offset) const {
    return reinterpret_cast<T*>(dynamic_shared<std::uint8_t>() + offset * Layout::kUnit);
  }

  const Run& run_;
  unsigned slot_, group_, thread_;
};

// A step's batch.
struct Batch {
  unsigned number;  // of the step in the launch
  unsigned first;   // sample of the order
  unsigned rows;

  __device__ unsigned pieces() const { return (rows + kPiece - 1) / kPiece; }
  __device__ unsigned rows_of(unsigned piece) const {
    return rows - piece * kPiece < kPiece ? rows - piece * kPiece : kPiece;
  }
};

__device__ inline Batch batch_of(const Run& run, const Cursor& start, unsigned step) {
  const unsigned first = static_cast<unsigned>(start.position) + step * run.shape.batch;
  const unsigned left = static_cast<unsigned>(run.size) - first;
  return {step, first, left < run.shape.batch ? left : run.shape.batch};
}

// The number of the batch's piece j in the launch, and the buffer that it is in.
__device__ inline unsigned piece_of(const Run& run, const Batch& batch, unsigned j) {
  return batch.number * run.shape.pieces() + j;
}
__device__ inline unsigned buffer_of(const Run& run, const Batch& batch, unsigned j) {
  return piece_of(run, batch, j) % run.shape.buffers;
}

// Adds count numbers up in pairs (docs/arithmetic.md); count ≥ 1.
template <unsigned most>
__device__ float sum_in_pairs(float (&x)[most], unsigned count) {
#pragma unroll
  for (unsigned width = 1; width < most; width *= 2) {
#pragma unroll
    for (unsigned i = 0; i + width < most; i += 2 * width) {
      if (i + width < count) x[i] = x[i] + x[i + width];
    }
  }
  return x[0];
}

// The same of x[block · stride] over all blocks.
__device__ inline float sum_of_blocks(const float* x, std::size_t stride, unsigned blocks) {
  static_assert(kMostBlocks < 256 && kMostRowBlocks < 256);
  portable::Pairs<float, 8> pairs;
  for (unsigned b = 0; b < blocks; ++b) pairs.add(x[b * stride]);
  return pairs.total();
}

}  // namespace kilat::kernels::resident
