// Reductions among neighbouring threads, in a fixed order.
#pragma once

#include <cuda_runtime.h>

#include "kernels/warp.h"

namespace kilat::kernels {

constexpr unsigned kAllLanes = 0xFFFFFFFF;

// A value and where it stands.
struct Largest {
  float value;
  unsigned index;
};

inline __device__ float exchange(float x, unsigned offset) {
  return __shfl_xor_sync(kAllLanes, x, static_cast<int>(offset));
}
inline __device__ Largest exchange(Largest x, unsigned offset) {
  return {__shfl_xor_sync(kAllLanes, x.value, static_cast<int>(offset)),
          __shfl_xor_sync(kAllLanes, x.index, static_cast<int>(offset))};
}

struct Sum {
  __device__ float operator()(float a, float b) const { return a + b; }
};

// The larger one; in a tie, the first. A NaN is never the larger one.
struct Larger {
  __device__ Largest operator()(Largest a, Largest b) const {
    const bool second = b.value > a.value || (b.value == a.value && b.index < a.index);
    return second ? b : a;
  }
};

// Reduces the values of each group of `Threads` neighbouring threads (a power of two up to the
// block's size); every thread of the group gets the result. All threads of the block call it.
template <unsigned Threads, class T, class Operation>
__device__ T reduce_group(T x, Operation operation) {
  for (unsigned offset = (Threads < kWarp ? Threads : kWarp) / 2; offset > 0; offset /= 2) {
    x = operation(x, exchange(x, offset));
  }
  if constexpr (Threads > kWarp) {
    __shared__ T partial[Threads / kWarp];
    if (threadIdx.x % kWarp == 0) partial[threadIdx.x / kWarp] = x;
    __syncthreads();
    x = partial[0];
    for (unsigned w = 1; w < Threads / kWarp; ++w) x = operation(x, partial[w]);
    __syncthreads();  // partial is free for the next reduction
  }
  return x;
}

}  // namespace kilat::kernels
