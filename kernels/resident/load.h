// A block's part of the parameters and of the optimizer's state, from global memory and back.
#pragma once

#include "kernels/resident/block.h"

namespace kilat::kernels::resident {

// Calls f(number in shared memory, its place among the parameters, whether this block writes it
// back) for every parameter of the block; those of the optimizer's state lie alike.
template <class F>
__device__ void each_number(const Run& run, const Block& block, const F& f) {
  const Shape& s = run.shape;
  for (unsigned i = threadIdx.x; i < block.units() * s.features; i += kThreads) {
    const unsigned unit = i / s.features, feature = i % s.features;
    f(block.weights() + unit * s.weight_stride() + feature, kUnits * s.weight_stride(),
      run.offsets.hidden_weight + std::size_t{block.first_unit()} * s.features + i, true);
  }
  for (unsigned i = threadIdx.x; i < block.units() * s.outputs; i += kThreads) {
    const unsigned unit = i % block.units(), k = i / block.units();
    f(block.small() + unit * s.output_stride() + k, block.small_numbers(),
      run.offsets.output_weight + std::size_t{k} * s.units + block.first_unit() + unit, true);
  }
  for (unsigned i = threadIdx.x; i < block.units(); i += kThreads) {
    f(block.biases() + i, block.small_numbers(), run.offsets.hidden_bias + block.first_unit() + i,
      true);
  }
  for (unsigned i = threadIdx.x; i < s.outputs; i += kThreads) {
    f(block.output_biases() + i, block.small_numbers(), run.offsets.output_bias + i,
      blockIdx.x == 0);
  }
}

__device__ inline void load(const Run& run, const Block& block) {
  each_number(run, block, [&](float* at, unsigned stride, std::size_t index, bool) {
    *at = run.parameters[index];
    for (unsigned s = 0; s < run.shape.state_blocks; ++s) {
      at[(s + 1) * stride] = run.state.block[s][index];
    }
  });
  __syncthreads();
  for (unsigned i = threadIdx.x; i < block.units() * run.shape.features; i += kThreads) {
    const unsigned unit = i / run.shape.features, feature = i % run.shape.features;
    const float weight = block.weights()[unit * run.shape.weight_stride() + feature];
    atomicMax(&block.largest()[unit], bits_of(fabsf(weight)));
  }
}

// A unit's weights, its bias and the largest weight; by a warp.
__device__ inline void load_unit(const Run& run, const Block& block, unsigned unit) {
  const unsigned features = run.shape.features, number = block.first_unit() + unit;
  const float* from = run.parameters + run.offsets.hidden_weight + std::size_t{number} * features;
  float* to = block.weights() + unit * run.shape.weight_stride();
  unsigned largest = 0;
  for (unsigned f = block.lane(); f < features; f += kWarp) {
    to[f] = from[f];
    const unsigned magnitude = bits_of(fabsf(from[f]));
    largest = magnitude > largest ? magnitude : largest;
  }
  largest = hardware::largest_of_warp(largest);
  if (block.lane() != 0) return;
  block.largest()[unit] = largest;
  block.weight_sum()[unit] = 0;
  block.biases()[unit] = run.parameters[run.offsets.hidden_bias + number];
}

__device__ inline void sync_run(const Run& run) {
  __syncthreads();
  if (run.shape.cluster) hardware::sync_cluster();
}

// Shared memory of zeros, and the buffers of the rows, all of which are free.
__device__ inline void begin_shared(const Run& run, const Block& block) {
  auto* words = dynamic_shared<unsigned>();
  for (unsigned i = threadIdx.x; i < run.layout.bytes() / 4; i += blockDim.x) words[i] = 0;
  __syncthreads();
  if (threadIdx.x != 0) return;
  for (unsigned i = 0; i < run.shape.buffers; ++i) {
    hardware::begin(&block.full()[i], 1);
    hardware::begin(&block.empty()[i], kMultipliers);
  }
}

__device__ inline void begin(const Run& run, const Block& block, const Cursor& start) {
  begin_shared(run, block);
  if (threadIdx.x == 0) {
    for (unsigned i = 0; i < 2; ++i) hardware::begin(&block.arrived()[i], 1);
    *block.silent() = start.fault != kNoFault ? 1 : 0;
  }
  load(run, block);
  hardware::fence_for_copies();  // which write where zeros were written
  sync_run(run);
}

__device__ inline void store(const Run& run, const Block& block) {
  each_number(run, block, [&](const float* at, unsigned stride, std::size_t index, bool writes) {
    if (!writes) return;
    run.parameters[index] = *at;
    for (unsigned s = 0; s < run.shape.state_blocks; ++s) {
      run.state.block[s][index] = at[(s + 1) * stride];
    }
  });
}

}  // namespace kilat::kernels::resident
