#include <algorithm>
#include <cmath>

#include "backend/reference/reference.h"

namespace kilat {

void Reference::softmax_cross_entropy(Matrix& z, std::span<const double> bias,
                                      std::span<const std::uint8_t> y, std::size_t n,
                                      std::span<double> loss, std::span<std::uint8_t> hit) const {
  for (std::size_t i = 0; i < z.rows(); ++i) {
    double* row = z.row(i);
    for (std::size_t j = 0; j < z.columns(); ++j) row[j] += bias[j];
    const double* answer = std::max_element(row, row + z.columns());
    const bool right = answer == row + y[i];
    const double largest = *answer;
    double sum = 0;
    for (std::size_t j = 0; j < z.columns(); ++j) sum += std::exp(row[j] - largest);
    loss[i] = std::log(sum) - (row[y[i]] - largest);
    hit[i] = right && !std::isnan(loss[i]);
    for (std::size_t j = 0; j < z.columns(); ++j) {
      const double probability = std::exp(row[j] - largest) / sum;
      row[j] = (probability - (j == y[i] ? 1 : 0)) / static_cast<double>(n);
    }
  }
}

}  // namespace kilat
