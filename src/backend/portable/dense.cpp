// Products and sums in fp32, in pairs.
#include <numeric>

#include "backend/portable/portable.h"
#include "backend/portable/sums.h"

namespace kilat {
namespace {

// The elements of m, row by row.
void copy_row_major(MatrixView<const float> m, std::vector<float>& to) {
  to.resize(m.rows * m.columns);
  for (std::size_t i = 0; i < m.rows; ++i) {
    for (std::size_t j = 0; j < m.columns; ++j) {
      to[i * m.columns + j] = m.transposed ? m.data[j * m.rows + i] : m.data[i * m.columns + j];
    }
  }
}

}  // namespace

void Portable::gemm(MatrixView<float> c, MatrixView<const float> a, MatrixView<const float> b,
                    bool accumulate) {
  if (b.transposed) {
    copy_row_major(b, row_major_);
    b = {row_major_.data(), b.rows, b.columns};
  }
  std::vector<float>& row = result_row_;
  row.resize(c.columns);
  for (std::size_t i = 0; i < c.rows; ++i) {
    const float* left = a.transposed ? a.data + i : a.data + i * a.columns;
    pairwise_products(row.data(), c.columns, a.columns, left, a.transposed ? a.rows : 1, b.data);
    float* to = c.data + i * c.columns;
    for (std::size_t j = 0; j < c.columns; ++j) to[j] = accumulate ? to[j] + row[j] : row[j];
  }
}

void Portable::gemm(Matrix& c, MatrixView<const float> a, MatrixView<const float> b) {
  c.set_rows(a.rows);
  gemm(c.view(), a, b, false);
}

void Portable::column_sum(std::span<float> sum, const Matrix& dz, bool accumulate) {
  constexpr float kOne = 1;
  result_row_.resize(sum.size());
  pairwise_products(result_row_.data(), sum.size(), dz.rows(), &kOne, 0, dz.row(0));
  for (std::size_t j = 0; j < sum.size(); ++j) {
    sum[j] = accumulate ? sum[j] + result_row_[j] : result_row_[j];
  }
}

void Portable::sum_metrics(Buffer<Metrics>& metrics, std::span<const float> loss,
                           std::span<const std::uint8_t> hit) const {
  metrics[0].loss = pairwise_sum_in_double(loss.data(), loss.size());
  metrics[0].hits = std::accumulate(hit.begin(), hit.end(), std::uint64_t{0});
}

}  // namespace kilat
