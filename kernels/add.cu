#include "kernels/kernels.h"
#include "kernels/launch.h"

namespace kilat::kernels {
namespace {

__global__ void add_elements(float* sum, const float* block, std::size_t n) {
  for (std::size_t i = first_index(); i < n; i += index_stride()) sum[i] += block[i];
}

}  // namespace

void add(cudaStream_t stream, float* sum, const float* block, std::size_t n) {
  launch(stream, blocks_for(n, kBlock), kBlock, add_elements, sum, block, n);
}

}  // namespace kilat::kernels
