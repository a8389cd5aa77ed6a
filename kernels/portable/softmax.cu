#include <cmath>

#include "kernels/launch.h"
#include "kernels/portable/kernels.h"
#include "kernels/portable/sums.h"

namespace kilat::kernels::portable {
namespace {

struct Row {
  std::size_t answer;  // the first column with the largest logit
  float largest, sum;  // of exp(z − largest)
};

// z ← z + b; without a bias z has it already.
__device__ Row add_bias(float* z, const float* bias, std::size_t columns) {
  Row row = {0, 0, 0};
  for (std::size_t j = 0; j < columns; ++j) {
    if (bias != nullptr) z[j] += bias[j];
    if (z[j] > z[row.answer]) row.answer = j;
  }
  row.largest = z[row.answer];
  row.sum = pairwise_sum<float>(columns, [&](std::size_t j, float chain) {
    return chain + exponential<FloatArithmetic>(z[j] - row.largest);
  });
  return row;
}

// A thread for each row.
__global__ void softmax_rows(float* z, const float* bias, std::size_t rows, std::size_t columns) {
  for (std::size_t i = first_index(); i < rows; i += index_stride()) {
    float* logits = z + i * columns;
    const Row row = add_bias(logits, bias, columns);
    for (std::size_t j = 0; j < columns; ++j) {
      logits[j] = exponential<FloatArithmetic>(logits[j] - row.largest) / row.sum;
    }
  }
}

__global__ void cross_entropy_rows(float* z, const float* bias, const std::uint8_t* y,
                                   std::size_t n, float* loss, std::uint8_t* hit, std::size_t rows,
                                   std::size_t columns) {
  const float share = 1 / static_cast<float>(n);
  for (std::size_t i = first_index(); i < rows; i += index_stride()) {
    float* logits = z + i * columns;
    const Row row = add_bias(logits, bias, columns);
    loss[i] = logarithm(row.sum) - (logits[y[i]] - row.largest);
    hit[i] = row.answer == y[i] && loss[i] == loss[i] ? 1 : 0;
    for (std::size_t j = 0; j < columns; ++j) {
      const float p = exponential<FloatArithmetic>(logits[j] - row.largest) / row.sum;
      logits[j] = (p - (j == y[i] ? 1.0F : 0.0F)) * share;
    }
  }
}

}  // namespace

void softmax(cudaStream_t stream, float* z, const float* bias, std::size_t rows,
             std::size_t columns) {
  if (columns == 0) return;
  launch(stream, blocks_for(rows, kBlock), kBlock, softmax_rows, z, bias, rows, columns);
}

void softmax_cross_entropy(cudaStream_t stream, float* z, const float* bias, const std::uint8_t* y,
                           std::size_t n, float* loss, std::uint8_t* hit, std::size_t rows,
                           std::size_t columns) {
  if (columns == 0) return;
  launch(stream, blocks_for(rows, kBlock), kBlock, cross_entropy_rows, z, bias, y, n, loss, hit,
         rows, columns);
}

}  // namespace kilat::kernels::portable
