#include "backend/reference/reference.h"

namespace kilat {

void Reference::column_sum(std::span<double> sum, const Matrix& dz, bool accumulate) const {
  for (std::size_t j = 0; j < dz.columns(); ++j) {
    double total = accumulate ? sum[j] : 0;
    for (std::size_t i = 0; i < dz.rows(); ++i) total += dz.row(i)[j];
    sum[j] = total;
  }
}

}  // namespace kilat
