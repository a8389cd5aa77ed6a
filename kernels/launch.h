// Launching kernels. Each op is one grid-stride loop, whatever the size.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "kernels/check.h"

namespace kilat::kernels {

constexpr unsigned kBlock = 256;        // threads per block
constexpr unsigned kMaxBlocks = 65536;  // fills any device; kernels stride over the rest

// Blocks that cover `work` items, `per_block` each; 0 for no work.
inline unsigned blocks_for(std::size_t work, std::size_t per_block) {
  return static_cast<unsigned>(
      std::min<std::size_t>((work + per_block - 1) / per_block, kMaxBlocks));
}

// Nothing is launched for an empty grid.
template <class... Parameters, class... Arguments>
void launch(cudaStream_t stream, dim3 blocks, dim3 threads, void (*kernel)(Parameters...),
            Arguments... arguments) {
  if (blocks.x == 0 || blocks.y == 0) return;
  cudaLaunchConfig_t config = {};
  config.gridDim = blocks;
  config.blockDim = threads;
  config.stream = stream;
  KILAT_CUDA(cudaLaunchKernelEx(&config, kernel, static_cast<Parameters>(arguments)...));
  if (synchronous_launches) KILAT_CUDA(cudaStreamSynchronize(stream));
}

// The first index of a thread's grid-stride loop, and its stride.
inline __device__ std::size_t first_index() {
  return std::size_t{blockIdx.x} * blockDim.x + threadIdx.x;
}
inline __device__ std::size_t index_stride() { return std::size_t{gridDim.x} * blockDim.x; }

// N values that are loaded and stored at once.
template <class T, unsigned N>
struct alignas(sizeof(T) * N) Pack {
  T value[N];
};

inline __host__ __device__ bool is_aligned(const void* pointer, std::size_t bytes) {
  return reinterpret_cast<std::uintptr_t>(pointer) % bytes == 0;
}

}  // namespace kilat::kernels
