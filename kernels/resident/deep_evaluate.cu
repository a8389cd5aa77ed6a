#include "kernels/resident/deep_evaluate.h"
#include "kernels/resident/first.h"
#include "kernels/resident/further.h"
#include "kernels/resident/launch.h"

namespace kilat::kernels::resident {
namespace {

// Calls f(batch, its first row) for the batches of this block's share.
template <class F>
__device__ void each_batch(const FirstLayerRows& of, const F& f) {
  const unsigned most = of.run.shape.batch, rows = static_cast<unsigned>(of.rows);
  for (unsigned row = blockIdx.y * most; row < rows; row += gridDim.y * most) {
    const unsigned left = rows - row;
    f(Batch{0, static_cast<unsigned>(of.first) + row, left < most ? left : most}, row);
  }
}

__global__ void __launch_bounds__(kDeepThreads, 1)
    forward_first_layer(const __grid_constant__ FirstLayerRows of) {
  const Run& run = of.run;
  begin_deep(run);
  if (Block(run).warp() == kMultipliers) {
    Pieces pieces(run, 0);
    each_batch(of, [&](const Batch& batch, std::size_t) { copy_forward(run, batch, pieces); });
  } else {
    unsigned taken = 0;
    each_batch(of, [&](const Batch& batch, std::size_t row) {
      taken = forward_first(run, of.activations + row * run.shape.units, batch, taken);
    });
  }
}

__global__ void __launch_bounds__(kMultiplyThreads, 2)
    forward_hidden_layer(const __grid_constant__ FurtherLayerRows of) {
  forward_units(of.run, of.layer, of.input, static_cast<unsigned>(of.rows));
}

__global__ void __launch_bounds__(kMultiplyThreads, 2)
    forward_output_layer(const __grid_constant__ FurtherLayerRows of) {
  const auto rows = static_cast<unsigned>(of.rows), outputs = static_cast<unsigned>(of.layer.units);
  const float* bias = of.run.parameters + of.layer.bias;
  multiply_weights<1>(of.run, of.layer, of.input, rows, [&](unsigned i, unsigned j, float z) {
    if (i < rows && j < outputs) of.layer.activations[i * outputs + j] = z + bias[j];
  });
}

void launch_tiles(cudaStream_t stream, const FurtherLayerRows& of, unsigned side,
                  void (*kernel)(FurtherLayerRows)) {
  const unsigned tiles = blocks_for(of.rows, side) * blocks_for(of.layer.units, side);
  launch_blocks<FurtherLayerRows>(stream, tiles, kernel, of, of.run.layout, nullptr,
                                  kMultiplyThreads);
}

}  // namespace

void launch_first_layer(cudaStream_t stream, const FirstLayerRows& of, unsigned shares) {
  launch_blocks<FirstLayerRows>(stream, {of.run.shape.blocks(), shares}, forward_first_layer, of,
                                of.run.layout, nullptr, kDeepThreads);
}

void launch_hidden_layer(cudaStream_t stream, const FurtherLayerRows& of) {
  launch_tiles(stream, of, kWideTile, forward_hidden_layer);
}

void launch_output_layer(cudaStream_t stream, const FurtherLayerRows& of) {
  launch_tiles(stream, of, kTileThreads, forward_output_layer);
}

}  // namespace kilat::kernels::resident
