#include "kernels/launch.h"
#include "kernels/resident/evaluate.h"
#include "kernels/resident/exchange.h"
#include "kernels/resident/forward.h"
#include "kernels/resident/launch.h"
#include "kernels/resident/load.h"
#include "kernels/resident/rows.h"

namespace kilat::kernels::resident {
namespace {

// The group's pieces, by the threads that multiply.
__device__ void multiply_rows(const Rows& rows, const Block& block, const Cursor& start,
                              unsigned pieces) {
  const Run& run = rows.run;
  const std::size_t numbers = (run.size - rows.first) * run.shape.outputs;
  float* parts = rows.parts + blockIdx.x * numbers;
  WeightDigits digits;
  make_digits(run, block, 0, digits);
  bool fires = false;
  for (unsigned piece = 0; piece < pieces; ++piece) {
    const Batch batch = batch_of(run, start, piece);
    forward(run, block, batch, 0, digits);
    give_back(block, buffer_of(run, batch, 0));
    const float a = block.activations()[block.warp() * run.shape.row_stride() + block.lane()];
    fires = fires || (block.lane() < batch.rows && a > 0);
    const std::size_t first = (batch.first - rows.first) * run.shape.outputs;
    each_part(run, block, batch, [&](unsigned row, unsigned k, float part) {
      parts[first + row * run.shape.outputs + k] = part;
    });
  }
  if (rows.active == nullptr || block.warp() >= block.units()) return;
  if (__any_sync(~0U, fires) != 0) rows.active[block.first_unit() + block.warp()] = 1;
}

__global__ void __launch_bounds__(kThreads, 1) write_parts(const __grid_constant__ Rows rows) {
  const Run& run = rows.run;
  const Block block(run);
  const Cursor start{0, rows.first + blockIdx.y * rows.share, kNoFault};
  const std::size_t left = start.position < run.size ? run.size - start.position : 0;
  const std::size_t own = left < rows.share ? left : rows.share;
  const auto pieces = static_cast<unsigned>((own + kPiece - 1) / kPiece);
  begin(run, block, start);
  if (block.warp() == kMultipliers) {
    copy_rows(run, block, start, pieces);
  } else if (block.warp() < kMultipliers) {
    multiply_rows(rows, block, start, pieces);
  }
}

// z[row][k] = bias[k] + Σ over blocks of parts[block][row][k], in pairs
__global__ void add_parts(float* z, const float* parts, const float* bias, std::size_t numbers,
                          unsigned outputs, unsigned blocks) {
  for (std::size_t i = first_index(); i < numbers; i += index_stride()) {
    z[i] = sum_of_blocks(parts + i, numbers, blocks) + bias[i % outputs];
  }
}

}  // namespace

void launch_logits(cudaStream_t stream, const Rows& rows, unsigned groups, float* z) {
  const std::size_t numbers = (rows.run.size - rows.first) * rows.run.shape.outputs;
  const unsigned blocks = rows.run.shape.blocks();
  launch_blocks<Rows>(stream, {blocks, groups}, write_parts, rows, rows.run.layout, nullptr);
  kernels::launch(stream, blocks_for(numbers, kBlock), kBlock, add_parts, z, rows.parts,
                  rows.run.parameters + rows.run.offsets.output_bias, numbers,
                  rows.run.shape.outputs, blocks);
}

}  // namespace kilat::kernels::resident
