#include <algorithm>

#include "backend/cpu/cpu.h"
#include "backend/cpu/gemm_cache.h"

namespace kilat {
namespace {

// Rows [begin, end) of m.
template <class Real>
Strided<Real> rows_of(MatrixView<Real> m, std::size_t begin, std::size_t end) {
  const std::size_t stride = m.transposed ? m.rows : m.columns;
  Real* data = m.data + begin * (m.transposed ? 1 : stride);
  return {{data, end - begin, m.columns, m.transposed}, stride};
}
template <class Real>
Strided<Real> columns_of(MatrixView<Real> m, std::size_t begin, std::size_t end) {
  Strided<Real> part = rows_of(transpose(m), begin, end);
  static_cast<MatrixView<Real>&>(part) = transpose(static_cast<MatrixView<Real>>(part));
  return part;
}

}  // namespace

// Members divide the longer side of C, so that each reads its own part of the larger factor.
void Cpu::gemm(MatrixView<float> c, MatrixView<const float> a, MatrixView<const float> b,
               bool accumulate) {
  if (c.transposed) return gemm(transpose(c), transpose(b), transpose(a), accumulate);
  if (c.rows == 0 || c.columns == 0) return;
  if (a.columns == 0) {
    team_->once([&] {
      if (!accumulate) std::fill_n(c.data, c.rows * c.columns, 0.0F);
    });
    return;
  }
  const bool by_rows = c.rows >= c.columns;
  const std::size_t side = by_rows ? c.rows : c.columns;
  constexpr std::size_t kLeastWork = 32768;  // multiplications
  const std::size_t grain = kLeastWork / (c.rows * c.columns / side * a.columns) + 1;
  team_->ranges(side, grain, [&](std::size_t begin, std::size_t end) {
    GemmCache& products = *products_[team_->index()];
    if (by_rows) {
      products.multiply(rows_of(c, begin, end), rows_of(a, begin, end), rows_of(b, 0, b.rows),
                        accumulate);
    } else {
      products.multiply(columns_of(c, begin, end), rows_of(a, 0, a.rows), columns_of(b, begin, end),
                        accumulate);
    }
  });
}

void Cpu::gemm(Matrix& c, MatrixView<const float> a, MatrixView<const float> b) {
  set_rows(c, a.rows);
  gemm(MatrixView<float>{c.row(0), a.rows, c.columns()}, a, b, false);
}

}  // namespace kilat
