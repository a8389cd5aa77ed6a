#include "backend/reference/reference.h"

namespace kilat {

void Reference::bias_relu(Matrix& z, std::span<const double> bias) const {
  for (std::size_t i = 0; i < z.rows(); ++i) {
    for (std::size_t j = 0; j < z.columns(); ++j) {
      const double x = z.row(i)[j] + bias[j];
      z.row(i)[j] = x <= 0 ? 0 : x;  // a NaN compares false and stays
    }
  }
}

}  // namespace kilat
