#include <cooperative_groups.h>
#include <dynamic_shared.h>

#include "kernels/kernels.h"

namespace emulation_test {
namespace {

// The block's sum, in every thread.
__device__ int sum_of_block(int value) {
  __shared__ int sums[kBlock];
  const unsigned t = threadIdx.x;
  sums[t] = value;
  __syncthreads();
  for (unsigned half = kBlock / 2; half >= 3; half /= 2) {
    if (t < half) sums[t] += sums[t + half];
    __syncthreads();
  }
  const int sum = sums[0] + sums[1] + sums[2];
  __syncthreads();
  return sum;
}

// A thread's share of in [n].
__device__ int sum_of_thread(const int* in, int n) {
  int sum = 0;
  const auto stride = static_cast<int>(gridDim.x * blockDim.x);
  for (int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x); i < n; i += stride) {
    sum += in[i];
  }
  return sum;
}

}  // namespace

__global__ void block_sum(int* out, const int* in) {
  const int sum = sum_of_block(in[blockIdx.x * blockDim.x + threadIdx.x]);
  if (threadIdx.x == 0) out[blockIdx.x] = sum;
}

__global__ void block_sum_unsynchronised(int* out, const int* in) {
  __shared__ int sums[kBlock];
  const unsigned t = threadIdx.x;
  sums[t] = in[blockIdx.x * blockDim.x + t];
  if (t > 0) return;
  int sum = 0;
  for (int i = 0; i < kBlock; ++i) sum += sums[i];
  out[blockIdx.x] = sum;
}

__global__ void grid_sum(int* out, int* partial, const int* in, int n) {
  const int sum = sum_of_block(sum_of_thread(in, n));
  if (threadIdx.x == 0) partial[blockIdx.x] = sum;
  cooperative_groups::this_grid().sync();
  if (blockIdx.x != 0) return;
  const int total = sum_of_block(threadIdx.x < gridDim.x ? partial[threadIdx.x] : 0);
  if (threadIdx.x == 0) out[0] = total;
}

__global__ void last_block_sum(int* out, int* partial, unsigned* done, const int* in, int n) {
  __shared__ bool is_last;
  const int sum = sum_of_block(sum_of_thread(in, n));
  if (threadIdx.x == 0) {
    partial[blockIdx.x] = sum;
    __threadfence();
    is_last = atomicInc(done, gridDim.x - 1) == gridDim.x - 1;
  }
  __syncthreads();
  if (!is_last) return;
  const int total = sum_of_block(threadIdx.x < gridDim.x ? partial[threadIdx.x] : 0);
  if (threadIdx.x == 0) out[0] = total;
}

__global__ void add_one(int* values, int n) {
  const auto i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (i < n) ++values[i];
}

__global__ void copy(int* out, const int* in, int n) {
  const auto i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (i < n) out[i] = in[i];
}

__global__ void reverse(int* out, const int* in) {
  int* values = dynamic_shared<int>();
  const unsigned first = blockIdx.x * blockDim.x, t = threadIdx.x;
  values[t] = in[first + t];
  __syncthreads();
  out[first + t] = values[blockDim.x - 1 - t];
}

__global__ void do_nothing() {}

}  // namespace emulation_test
