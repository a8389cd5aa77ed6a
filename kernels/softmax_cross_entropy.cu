#include "kernels/kernels.h"
#include "kernels/softmax_row.h"

namespace kilat::kernels {
namespace {

// loss = log Σ exp(z − max) − (z_y − max): finite logits never give a NaN. The thread that has the
// label's column writes the row's loss and hit.
template <unsigned Threads>
__global__ void cross_entropy_rows(float* z, const float* bias, const std::uint8_t* y, float n,
                                   float* loss, std::uint8_t* hit, std::size_t rows,
                                   std::size_t columns) {
  for_each_row<Threads>(rows, columns, [&](std::size_t i, unsigned lane, std::size_t width) {
    float* row = z + i * columns;
    const unsigned label = y[i];
    const bool has_label = label < width && label % Threads == lane;
    const Largest largest = add_bias<Threads>(row, bias, width, lane);
    const float margin = has_label ? row[label] - largest.value : 0;
    const float sum = exponentiate<Threads>(row, largest.value, width, lane);
    const float scale = 1 / (sum * n);
    for (std::size_t j = lane; j < width; j += Threads) row[j] *= scale;
    if (!has_label) return;
    row[label] -= 1 / n;
    const float row_loss = logf(sum) - margin;
    loss[i] = row_loss;
    hit[i] = largest.index == label && row_loss == row_loss;  // a NaN differs from itself
  });
}

}  // namespace

void softmax_cross_entropy(cudaStream_t stream, float* z, const float* bias, const std::uint8_t* y,
                           std::size_t n, float* loss, std::uint8_t* hit, std::size_t rows,
                           std::size_t columns) {
  with_group(columns, [&]<unsigned Threads>() {
    launch(stream, row_blocks<Threads>(rows, columns), kBlock, cross_entropy_rows<Threads>, z, bias,
           y, static_cast<float>(n), loss, hit, rows, columns);
  });
}

}  // namespace kilat::kernels
