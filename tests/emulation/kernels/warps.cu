#include <dynamic_shared.h>

#include "kernels/kernels.h"

namespace emulation_test {
namespace {

constexpr unsigned kAll = 0xffffffff;

}  // namespace

__global__ void exchange(Exchanges* out) {
  const auto lane = static_cast<int>(threadIdx.x);
  Exchanges x = {};
  x.broadcast = __shfl_sync(kAll, lane, 5);
  x.up = __shfl_up_sync(kAll, lane, 3);
  x.down = __shfl_down_sync(kAll, lane, 3);
  x.exclusive_or = __shfl_xor_sync(kAll, lane, 6);
  x.in_group = __shfl_down_sync(kAll, lane, 3, 8);
  x.as_double = __shfl_sync(kAll, lane + 0.5, 31);
  x.as_long = __shfl_sync(kAll, 1ULL << lane, 40 - 1);
  out[lane] = x;
}

__global__ void vote(unsigned* out) {
  const bool third = threadIdx.x % 3 == 0;
  const unsigned votes[] = {__ballot_sync(kAll, third),
                            static_cast<unsigned>(__any_sync(kAll, threadIdx.x == 33)),
                            static_cast<unsigned>(__all_sync(kAll, threadIdx.x != 33)),
                            static_cast<unsigned>(__syncthreads_count(third)),
                            static_cast<unsigned>(__syncthreads_or(threadIdx.x == 40)),
                            static_cast<unsigned>(__syncthreads_or(0)),
                            static_cast<unsigned>(__syncthreads_and(1)),
                            static_cast<unsigned>(__syncthreads_and(threadIdx.x != 40))};
  for (int i = 0; i < 8; ++i) out[threadIdx.x * 8 + static_cast<unsigned>(i)] = votes[i];
}

__global__ void half_warp_sum(int* out) {
  const bool upper = threadIdx.x >= 16;
  auto sum = static_cast<int>(threadIdx.x);
  for (unsigned delta = 8; delta > 0; delta /= 2) {
    sum += __shfl_down_sync(upper ? 0xffff0000 : 0x0000ffff, sum, delta, 16);
  }
  if (threadIdx.x % 16 == 0) out[upper ? 1 : 0] = sum;
}

__global__ void vote_without_last_lane(unsigned* out) {
  if (threadIdx.x == 31) return;
  out[threadIdx.x] = __ballot_sync(kAll, 1);
}

__global__ void use_atomics(unsigned* out) {
  const unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
  atomicAdd(&out[0], 2);
  atomicMin(&out[1], i);
  atomicMax(&out[2], i);
  atomicOr(&out[3], 1U << i % 32);
  atomicAnd(&out[4], ~(1U << i % 32));
  atomicInc(&out[5], 9);
  atomicCAS(&out[6], 0, i + 1);
  atomicExch(&out[7], 7);
}

__global__ void read_fresh_memory(float* out) {
  __shared__ float fresh;
  const float* dynamic = dynamic_shared<float>();
  if (threadIdx.x > 0) return;
  out[2 * blockIdx.x] = fresh;
  out[2 * blockIdx.x + 1] = dynamic[0];
  fresh = 1;
}

}  // namespace emulation_test
