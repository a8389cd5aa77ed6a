#include "kernels/kernels.h"
#include "kernels/launch.h"

namespace kilat::kernels {
namespace {

constexpr unsigned kThreads = 1024;

// One block: each thread sums every kThreads-th row, then halves of the block are added up.
__global__ void sum_rows(Metrics* metrics, const float* loss, const std::uint8_t* hit,
                         std::size_t rows) {
  __shared__ double losses[kThreads];
  __shared__ unsigned long long hits[kThreads];
  const unsigned t = threadIdx.x;
  losses[t] = 0;
  hits[t] = 0;
  for (std::size_t i = t; i < rows; i += kThreads) {
    losses[t] += loss[i];
    hits[t] += hit[i];
  }
  for (unsigned half = kThreads / 2; half > 0; half /= 2) {
    __syncthreads();
    if (t < half) {
      losses[t] += losses[t + half];
      hits[t] += hits[t + half];
    }
  }
  if (t == 0) {
    metrics->loss = losses[0];
    metrics->hits = hits[0];
  }
}

}  // namespace

void sum_metrics(cudaStream_t stream, Metrics* metrics, const float* loss, const std::uint8_t* hit,
                 std::size_t rows) {
  launch(stream, 1, kThreads, sum_rows, metrics, loss, hit, rows);
}

}  // namespace kilat::kernels
