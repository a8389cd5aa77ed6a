// A set's loss and hits from those of its rows, on the device.
#pragma once

#include "backend/types.h"
#include "kernels/portable/sums.h"

namespace kilat::kernels::portable {

// By a block of kBlock threads or more; sums [kBlock] and *hits are shared memory.
__device__ inline void sum_rows(Metrics* metrics, const float* loss, const std::uint8_t* hit,
                                std::size_t rows, double* sums, unsigned long long* hits) {
  if (threadIdx.x == 0) *hits = 0;
  const double sum = pairwise_sum_of_block(
      rows, sums, [&](std::size_t i, double chain) { return chain + loss[i]; });
  unsigned long long mine = 0;
  for (std::size_t i = threadIdx.x; i < rows; i += blockDim.x) mine += hit[i];
  atomicAdd(hits, mine);
  __syncthreads();
  if (threadIdx.x != 0) return;
  metrics->loss = sum;
  metrics->hits = *hits;
}

}  // namespace kilat::kernels::portable
