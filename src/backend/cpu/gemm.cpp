#include <algorithm>

#include "backend/cpu/cpu.h"
#include "backend/cpu/gemm_cache.h"

namespace kilat {

void Cpu::gemm(MatrixView<float> c, MatrixView<const float> a, MatrixView<const float> b,
               bool accumulate) {
  if (c.rows == 0 || c.columns == 0) return;
  if (a.columns == 0) {
    if (!accumulate) std::fill_n(c.data, c.rows * c.columns, 0.0F);
    return;
  }
  products_[current_worker.index]->multiply(c, a, b, accumulate, !current_worker.in_team);
}

void Cpu::gemm(Matrix& c, MatrixView<const float> a, MatrixView<const float> b) {
  c.set_rows(a.rows);
  gemm(c.view(), a, b, false);
}

}  // namespace kilat
