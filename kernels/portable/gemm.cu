#include "kernels/launch.h"
#include "kernels/portable/kernels.h"
#include "kernels/portable/sums.h"

namespace kilat::kernels::portable {
namespace {

__global__ void multiply(float* c, Factor a, Factor b, std::size_t rows, std::size_t columns,
                         std::size_t depth, bool accumulate) {
  for (std::size_t at = first_index(); at < rows * columns; at += index_stride()) {
    const float* of_row = a.data + at / columns * a.row;
    const float* of_column = b.data + at % columns * b.column;
    const float sum = pairwise_sum<float>(depth, [&](std::size_t k, float chain) {
      return fmaf(of_row[k * a.column], of_column[k * b.row], chain);
    });
    c[at] = accumulate ? c[at] + sum : sum;
  }
}

// A block for each column.
__global__ void sum_columns(float* sum, const float* dz, std::size_t rows, std::size_t columns,
                            bool accumulate) {
  __shared__ float sums[kBlock];
  for (std::size_t j = blockIdx.x; j < columns; j += gridDim.x) {
    const float total = pairwise_sum_of_block(
        rows, sums, [&](std::size_t i, float chain) { return chain + dz[i * columns + j]; });
    if (threadIdx.x == 0) sum[j] = accumulate ? sum[j] + total : total;
  }
}

}  // namespace

void gemm(cudaStream_t stream, float* c, const Factor& a, const Factor& b, std::size_t rows,
          std::size_t columns, std::size_t depth, bool accumulate) {
  launch(stream, blocks_for(rows * columns, kBlock), kBlock, multiply, c, a, b, rows, columns,
         depth, accumulate);
}

void column_sum(cudaStream_t stream, float* sum, const float* dz, std::size_t rows,
                std::size_t columns, bool accumulate) {
  launch(stream, blocks_for(columns, 1), kBlock, sum_columns, sum, dz, rows, columns, accumulate);
}

}  // namespace kilat::kernels::portable
