#include "kernels/launch.h"
#include "kernels/portable/kernels.h"
#include "kernels/portable/sum_rows.h"

namespace kilat::kernels::portable {
namespace {

// One block.
__global__ void sum_set(Metrics* metrics, const float* loss, const std::uint8_t* hit,
                        std::size_t rows) {
  __shared__ double sums[kBlock];
  __shared__ unsigned long long hits;
  sum_rows(metrics, loss, hit, rows, sums, &hits);
}

}  // namespace

void sum_metrics(cudaStream_t stream, Metrics* metrics, const float* loss, const std::uint8_t* hit,
                 std::size_t rows) {
  launch(stream, 1, kBlock, sum_set, metrics, loss, hit, rows);
}

}  // namespace kilat::kernels::portable
