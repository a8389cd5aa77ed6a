#include <algorithm>
#include <cmath>

#include "backend/reference/reference.h"

namespace kilat {

void Reference::softmax(Matrix& z, std::span<const double> bias) const {
  for (std::size_t i = 0; i < z.rows(); ++i) {
    double* row = z.row(i);
    for (std::size_t j = 0; j < z.columns(); ++j) row[j] += bias[j];
    const double largest = *std::max_element(row, row + z.columns());
    double sum = 0;
    for (std::size_t j = 0; j < z.columns(); ++j) sum += std::exp(row[j] - largest);
    for (std::size_t j = 0; j < z.columns(); ++j) row[j] = std::exp(row[j] - largest) / sum;
  }
}

}  // namespace kilat
