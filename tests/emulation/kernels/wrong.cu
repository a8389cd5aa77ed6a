#include <cooperative_groups.h>
#include <dynamic_shared.h>

#include "kernels/kernels.h"

namespace emulation_test {
namespace {

constexpr unsigned kAll = 0xffffffff;

// Not inlined, so that the compiler does not see how long the array is.
__attribute__((noinline)) __device__ void set(int* values, int index) { values[index] = 1; }

}  // namespace

__global__ void write_at(int* values, long index, int value) { values[index] = value; }

__global__ void write_nested(Nested nested) { nested.values[0] = nested.number; }

// Without UndefinedBehaviorSanitizer, which would find the direct index first.
__attribute__((no_sanitize("undefined"))) __global__ void write_static_shared(int* out, int index) {
  __shared__ int values[32];
  __shared__ int others[32];
  others[threadIdx.x] = 0;
  values[index] = 1;
  __syncthreads();
  out[threadIdx.x] = others[threadIdx.x] + values[0];
}

__global__ void write_static_shared_by_pointer(int* out, int index) {
  __shared__ int values[32];
  set(values, index);
  out[0] = values[0];
}

__global__ void write_dynamic_shared(int* out, int index) {
  set(dynamic_shared<int>(), index);
  out[0] = 1;
}

__global__ void diverge(int limit) {
  if (static_cast<int>(threadIdx.x) < limit) {
    __syncthreads();
  } else {
    __syncthreads();
  }
}

__global__ void return_early(int limit) {
  if (static_cast<int>(threadIdx.x) < limit) return;
  __syncthreads();
}

__global__ void wait_for_each_other() {
  if (threadIdx.x == 0) {
    __syncwarp();
  } else {
    __syncthreads();
  }
}

__global__ void shuffle_from_returned_lane(int* out) {
  if (threadIdx.x == 7) return;
  out[threadIdx.x] = __shfl_sync(kAll, 1, 7);
}

__global__ void shuffle_without_own_lane(int* out) { out[threadIdx.x] = __shfl_sync(0xffff, 1, 0); }

__global__ void race(int* out) { out[0] = static_cast<int>(threadIdx.x); }

__global__ void race_of_blocks(int* out) { out[0] = static_cast<int>(blockIdx.x); }

__global__ void overflow_stack(int* out, int depth) {
  volatile int here[1024] = {depth};
  if (depth > 0) overflow_stack(out, depth - 1);
  out[0] = here[0];
}

__global__ void sync_grid() { cooperative_groups::this_grid().sync(); }

}  // namespace emulation_test
