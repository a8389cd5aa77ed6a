#include "kernels/kernels.h"
#include "kernels/softmax_row.h"

namespace kilat::kernels {
namespace {

template <unsigned Threads>
__global__ void softmax_rows(float* z, const float* bias, std::size_t rows, std::size_t columns) {
  for_each_row<Threads>(rows, columns, [&](std::size_t i, unsigned lane, std::size_t n) {
    float* row = z + i * columns;
    const float largest = add_bias<Threads>(row, bias, n, lane).value;
    const float sum = exponentiate<Threads>(row, largest, n, lane);
    for (std::size_t j = lane; j < n; j += Threads) row[j] /= sum;
  });
}

}  // namespace

void softmax(cudaStream_t stream, float* z, const float* bias, std::size_t rows,
             std::size_t columns) {
  with_group(columns, [&]<unsigned Threads>() {
    launch(stream, row_blocks<Threads>(rows, columns), kBlock, softmax_rows<Threads>, z, bias, rows,
           columns);
  });
}

}  // namespace kilat::kernels
