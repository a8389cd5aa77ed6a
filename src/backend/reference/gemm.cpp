#include "backend/reference/reference.h"

namespace kilat {
namespace {

template <class Real>
Real& at(const MatrixView<Real>& m, std::size_t i, std::size_t j) {
  return m.transposed ? m.data[j * m.rows + i] : m.data[i * m.columns + j];
}

}  // namespace

void Reference::gemm(MatrixView<double> c, MatrixView<const double> a, MatrixView<const double> b,
                     bool accumulate) const {
  for (std::size_t i = 0; i < c.rows; ++i) {
    for (std::size_t j = 0; j < c.columns; ++j) {
      double sum = accumulate ? at(c, i, j) : 0;
      for (std::size_t k = 0; k < a.columns; ++k) sum += at(a, i, k) * at(b, k, j);
      at(c, i, j) = sum;
    }
  }
}

void Reference::gemm(Matrix& c, MatrixView<const double> a, MatrixView<const double> b) const {
  c.set_rows(a.rows);
  gemm(c.view(), a, b, false);
}

}  // namespace kilat
