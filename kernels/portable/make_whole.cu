#include "kernels/launch.h"
#include "kernels/portable/kernels.h"

namespace kilat::kernels::portable {
namespace {

// A block for each unit.
__global__ void make_units_whole(Whole whole, const float* from, std::size_t depth,
                                 std::size_t units, std::size_t line, std::size_t step) {
  __shared__ unsigned largest;  // as bits, of which a NaN has the most
  __shared__ unsigned long long sum;
  for (std::size_t j = blockIdx.x; j < units; j += gridDim.x) {
    if (threadIdx.x == 0) largest = 0;
    if (threadIdx.x == 0) sum = 0;
    __syncthreads();
    unsigned most = 0;
    for (std::size_t k = threadIdx.x; k < depth; k += blockDim.x) {
      const unsigned bits = bits_of(fabsf(from[k * line + j * step]));
      most = bits > most ? bits : most;
    }
    atomicMax(&largest, most);
    __syncthreads();
    const WholeScale scale = whole_scale(float_of(largest));
    const bool finite = scale.from == scale.from;
    long long part = 0;
    for (std::size_t k = threadIdx.x; k < depth; k += blockDim.x) {
      const std::int32_t v = finite ? kilat::whole(from[k * line + j * step], scale) : 0;
      whole.value[k * units + j] = v;
      part += v;
    }
    atomicAdd(&sum, static_cast<unsigned long long>(part));
    __syncthreads();
    if (threadIdx.x == 0) {
      whole.scale[j] = scale;
      whole.sum[j] = static_cast<std::int64_t>(sum);
    }
    __syncthreads();  // before the next unit
  }
}

}  // namespace

void make_whole(cudaStream_t stream, const Whole& whole, const float* from, std::size_t depth,
                std::size_t units, std::size_t line, std::size_t step) {
  launch(stream, blocks_for(units, 1), kBlock, make_units_whole, whole, from, depth, units, line,
         step);
}

}  // namespace kilat::kernels::portable
