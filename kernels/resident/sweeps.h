// The sweeps of a full batch's block over its rows. They take pieces from the buffers one after the
// other; where all pieces have buffers, these keep them.
#pragma once

#include "kernels/resident/backward.h"
#include "kernels/resident/forward.h"
#include "kernels/resident/full_batch.h"
#include "kernels/resident/softmax.h"
#include "kernels/resident/unit_gradients.h"

namespace kilat::kernels::resident {

// The pieces of a block's rows, in the order in which sweeps take them.
class Pieces {
 public:
  __device__ Pieces(const Run& run, const Batch& rows)
      : run_(run), keeps_(rows.pieces() <= run.shape.buffers) {}
  // Of batches that change: buffers keep nothing.
  __device__ Pieces(const Run& run, unsigned taken) : run_(run), keeps_(false), taken_(taken) {}

  __device__ bool keeps() const { return keeps_; }
  // Of piece j, which is the next one: its buffer, and how often that was filled before.
  __device__ unsigned buffer(unsigned j) const { return keeps_ ? j : taken_ % run_.shape.buffers; }
  __device__ unsigned times_filled() const { return keeps_ ? 0 : taken_ / run_.shape.buffers; }
  __device__ void next() { ++taken_; }
  __device__ unsigned taken() const { return taken_; }
  // From now on buffers are used again. n pieces were kept, if any was taken.
  __device__ void stop_keeping(const Block& block, unsigned n) {
    if (!keeps_) return;
    keeps_ = false;
    taken_ = taken_ < n ? taken_ : n;
    if (block.warp() >= kMultipliers) return;
    for (unsigned j = 0; j < taken_; ++j) give_back(block, j);
  }

 private:
  const Run& run_;
  bool keeps_;
  unsigned taken_ = 0;  // pieces, so far
};

// The copying warp's part of a sweep over rows of images [samples, features].
__device__ inline void copy_sweep(const Run& run, const std::uint8_t* images, const Batch& rows,
                                  Pieces& pieces) {
  const Block block(run);
  for (unsigned j = 0; j < rows.pieces(); ++j, pieces.next()) {
    const unsigned buffer = pieces.buffer(j), filled = pieces.times_filled();
    if (filled > 0) hardware::wait(&block.empty()[buffer], (filled - 1) % 2);
    copy_piece(run, block, images, rows.first + j * kPiece, rows.rows_of(j), buffer,
               [](std::size_t) {});
  }
}

// Calls f(j, image) for each piece, image the first row's bytes.
template <class F>
__device__ void each_piece(const Run& run, const Batch& rows, Pieces& pieces, const F& f) {
  const Block block(run);
  for (unsigned j = 0; j < rows.pieces(); ++j, pieces.next()) {
    const unsigned buffer = pieces.buffer(j);
    hardware::wait(&block.full()[buffer], pieces.times_filled() % 2);
    f(j, block.images() + buffer * kPiece * run.shape.image_stride());
    if (!pieces.keeps()) give_back(block, buffer);
  }
}

// Activations of the rows, of `most` groups of units at most.
template <unsigned most>
__device__ void forward_sweep(const Run& run, const Batch& rows, Pieces& pieces) {
  WeightDigits digits[most];
#pragma unroll
  for (unsigned g = 0; g < most; ++g) {
    if (g < run.shape.groups) make_digits(run, Block(run, g), 0, digits[g]);
  }
  each_piece(run, rows, pieces, [&](unsigned j, const std::uint8_t* images) {
#pragma unroll
    for (unsigned g = 0; g < most; ++g) {
      if (g >= run.shape.groups) continue;
      const Block block(run, g);
      multiply_piece(run, block, images, digits[g], block.totals());
      hardware::sync_threads(kMultiply, kMultiplyThreads);
      activate_piece(run, block, block.totals(), 0, j);
      hardware::sync_threads(kMultiply, kMultiplyThreads);
    }
  });
}

// Calls f(row, k, z) for each of the rows and outputs k with the logit z; a group of
// kRowLanes lanes has a row. All threads that multiply call f as often, for rows and outputs that
// are not there with the z of others.
template <class F>
__device__ void each_logit(const Run& run, const Batch& rows, const F& f) {
  const Block block(run);
  const unsigned k = block.lane() % kRowLanes, output = k < run.shape.outputs ? k : 0;
  constexpr unsigned kRows = kMultiplyThreads / kRowLanes;
  for (unsigned first = 0; first < rows.rows; first += kRows) {
    const unsigned row = first + block.thread() / kRowLanes, real = row < rows.rows ? row : 0;
    float parts[kMostGroups] = {};
#pragma unroll
    for (unsigned g = 0; g < kMostGroups; ++g) {
      if (g < run.shape.groups) parts[g] = logit_part(run, Block(run, g), real, output);
    }
    f(row, k, sum_in_pairs(parts, run.shape.groups) + block.output_biases()[output]);
  }
}

// Gradients of the rows' logits, of n rows in all; whether all losses are finite.
__device__ __attribute__((noinline)) inline void logit_sweep(const Run& run, Batch rows) {
  const Block block(run);
  const unsigned outputs = run.shape.outputs, stride = run.shape.output_stride();
  const float share = 1 / static_cast<float>(run.size);
  each_logit(run, rows, [&](unsigned row, unsigned k, float z) {
    const bool is_there = k < outputs && row < rows.rows;
    const unsigned label = block.row_labels()[row < rows.rows ? row : 0];
    const float gradient = loss_gradient(z, k, outputs, label, share);
    if (!is_there) return;
    block.logit_gradients()[row * stride + k] = gradient;
    if (gradient != gradient) atomicMin(&run.progress->first_fault, fault_at(rows.number));
  });
}

// dz of the rows; takes the largest magnitudes along.
__device__ __attribute__((noinline)) inline void unit_sweep(const Run& run, Batch rows,
                                                            unsigned* largest) {
  for (unsigned g = 0; g < run.shape.groups; ++g) {
    const Block block(run, g);
    const unsigned magnitude = unit_gradients(run, block, rows, block.warp());
    if (block.lane() == 0 && block.warp() < block.units()) {
      atomicMax(&largest[block.first_unit() + block.warp()], magnitude);
    }
  }
}

// Writes a lane's four sums in a group of features where the block's are.
__device__ inline void write_totals(const FullRun& full, const Block& block, unsigned group,
                                    const GroupSums& sum) {
  const Shape& s = full.run.shape;
  long long* totals = full.totals + std::size_t{hardware::block()} * s.units * s.features;
  each_sum(full.run, block, group, sum,
           [&](unsigned unit, unsigned feature, int low, int middle, int high) {
             totals[(block.first_unit() + unit) * s.features + feature] =
                 static_cast<long long>(high) * 65536 + static_cast<long long>(middle) * 256 + low;
           });
}

// The same of the sum of the whole numbers of a warp's unit.
__device__ inline void write_sum(const FullRun& full, const Block& block, long long sum) {
  if (block.warp() >= block.units() || block.lane() != 0) return;
  full.sums[hardware::block() * full.run.shape.units + block.first_unit() + block.warp()] = sum;
}

// Of a round of features: the sums of digits times bytes over the rows. place(j) says where the
// digits of piece j are, and may write them; f(group, sum) gets those of a group of features.
template <class Place, class F>
__device__ void multiply_round(const Run& run, const Block& block, const Batch& rows,
                               unsigned round, Pieces& pieces, const Place& place, const F& f) {
  const unsigned groups = feature_groups(run);
  const auto group = [&](unsigned i) {
    return block.warp() + (round * kHeldGroups + i) * kMultipliers;
  };
  GroupSums sum[kHeldGroups] = {};
  each_piece(run, rows, pieces, [&](unsigned j, const std::uint8_t* images) {
    PieceDigits digits;
    load_digits(block, place(j), digits);
    const std::uint8_t* image = images + block.lane() * run.shape.image_stride();
#pragma unroll
    for (unsigned i = 0; i < kHeldGroups; ++i) {
      if (group(i) < groups) multiply_group(image, group(i), digits, sum[i]);
    }
  });
#pragma unroll
  for (unsigned i = 0; i < kHeldGroups; ++i) {
    if (group(i) < groups) f(group(i), sum[i]);
  }
}

// Σ v byte of the rows for a group of units and a round of features, and in the first round Σ v.
__device__ inline void backward_sweep(const FullRun& full, const Block& block, const Batch& rows,
                                      unsigned round, Pieces& pieces, const unsigned* largest) {
  const Run& run = full.run;
  const unsigned unit = block.warp();
  const unsigned bits = unit < block.units() ? largest[block.first_unit() + unit] : 0;
  const WholeScale scale = whole_scale(float_of(bits));
  static_assert(kMostOwnRows / kPiece <= 256);
  std::int32_t whole_sum = 0;  // of a lane's rows, one of each piece
  multiply_round(
      run, block, rows, round, pieces,
      [&](unsigned j) {
        whole_sum += write_digits(run, block, unit, j, j % 2, scale);
        hardware::sync_threads(kMultiply, kMultiplyThreads);
        return j % 2;
      },
      [&](unsigned group, const GroupSums& sum) { write_totals(full, block.again(), group, sum); });
  hardware::sync_threads(kMultiply, kMultiplyThreads);  // digits are free
  if (round == 0) write_sum(full, block.again(), sum_of_warp(whole_sum));
}

}  // namespace kilat::kernels::resident
