// Rows of the batch, brought to shared memory by a warp that does nothing else.
#pragma once

#include "kernels/resident/block.h"

namespace kilat::kernels::resident {

// Copies this lane's image. Where the set's rows are aligned it returns at once, and the bytes
// arrive by themselves.
__device__ inline void copy_image(const Run& run, const std::uint8_t* images, std::uint8_t* to,
                                  std::size_t sample, ByteBarrier* full, bool aligned) {
  const std::uint8_t* from = images + sample * run.shape.features;
  if (aligned) {
    hardware::copy_to_shared(to, from, run.shape.features, full);
  } else {
    for (unsigned f = 0; f < run.shape.features; ++f) to[f] = from[f];
  }
}

// Copies a piece's rows, from number `first` of the epoch's order on, to a buffer; a lane has a
// row. get(sample) is called where it has one. images [samples, features]
template <class F>
__device__ void copy_piece(const Run& run, const Block& block, const std::uint8_t* images,
                           std::size_t first, unsigned rows, unsigned buffer, const F& get) {
  const bool aligned =
      run.shape.features % 16 == 0 && reinterpret_cast<std::uintptr_t>(images) % 16 == 0;
  if (block.lane() < rows) {
    const std::size_t at = first + block.lane();
    const std::size_t sample = run.order == nullptr ? at : run.order[at];
    copy_image(run, images,
               block.images() + (buffer * kPiece + block.lane()) * run.shape.image_stride(), sample,
               &block.full()[buffer], aligned);
    get(sample);
  }
  __syncwarp();
  if (block.lane() != 0) return;
  hardware::arrive_expecting(&block.full()[buffer], aligned ? rows * run.shape.features : 0);
}

// All pieces of `steps` steps, as buffers become free; a lane has a row.
__device__ inline void copy_rows(const Run& run, const Block& block, const Cursor& start,
                                 std::size_t steps) {
  const unsigned buffers = run.shape.buffers;
  unsigned piece = 0;  // of the launch
  for (unsigned step = 0; step < steps; ++step) {
    const Batch batch = batch_of(run, start, step);
    for (unsigned j = 0; j < batch.pieces(); ++j, ++piece) {
      const unsigned buffer = piece % buffers;
      if (piece >= buffers) hardware::wait(&block.empty()[buffer], (piece / buffers - 1) % 2);
      copy_piece(run, block, run.images, batch.first + j * kPiece, batch.rows_of(j), buffer,
                 [&](std::size_t sample) {
                   block.labels()[buffer * kPiece + block.lane()] = run.labels[sample];
                 });
    }
  }
}

// Gives a piece's buffer back when the warp has read it for the last time.
__device__ inline void give_back(const Block& block, unsigned buffer) {
  __syncwarp();
  if (block.lane() == 0) hardware::arrive(&block.empty()[buffer]);
}

}  // namespace kilat::kernels::resident
