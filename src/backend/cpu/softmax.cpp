#include <numeric>

#include "backend/cpu/cpu.h"
#include "backend/cpu/softmax_rows.h"

namespace kilat {

void Cpu::softmax(Matrix& z, std::span<const float> bias) const {
  constexpr std::size_t kGrain = 32;
  const std::size_t columns = z.columns();
  team_->ranges(z.rows(), kGrain, [&](std::size_t begin, std::size_t end) {
    for_cached_rows(begin, end, columns, [&](std::size_t first, std::size_t rows) {
      subtract_largest({z.row(first), rows, columns}, bias.data());
      exponentiate({z.row(first), rows * columns});
      for (std::size_t i = first; i < first + rows; ++i) {
        float* row = z.row(i);
        const float sum = std::accumulate(row, row + columns, 0.0F);
        for (std::size_t j = 0; j < columns; ++j) row[j] /= sum;
      }
    });
  });
}

}  // namespace kilat
