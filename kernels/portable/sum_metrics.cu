#include "kernels/launch.h"
#include "kernels/portable/kernels.h"
#include "kernels/portable/sums.h"

namespace kilat::kernels::portable {
namespace {

// One block.
__global__ void sum_rows(Metrics* metrics, const float* loss, const std::uint8_t* hit,
                         std::size_t rows) {
  __shared__ unsigned long long hits;
  if (threadIdx.x == 0) hits = 0;
  const double sum = pairwise_sum_of_block<double>(
      rows, [&](std::size_t i, double chain) { return chain + loss[i]; });
  unsigned long long mine = 0;
  for (std::size_t i = threadIdx.x; i < rows; i += blockDim.x) mine += hit[i];
  atomicAdd(&hits, mine);
  __syncthreads();
  if (threadIdx.x != 0) return;
  metrics->loss = sum;
  metrics->hits = hits;
}

}  // namespace

void sum_metrics(cudaStream_t stream, Metrics* metrics, const float* loss, const std::uint8_t* hit,
                 std::size_t rows) {
  launch(stream, 1, kBlock, sum_rows, metrics, loss, hit, rows);
}

}  // namespace kilat::kernels::portable
