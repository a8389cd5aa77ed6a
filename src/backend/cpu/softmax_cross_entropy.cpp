#include <algorithm>
#include <cmath>
#include <numeric>

#include "backend/cpu/cpu.h"
#include "backend/cpu/softmax_rows.h"

namespace kilat {

// loss = log Σ exp(z − max) − (z_y − max): finite logits never give a NaN.
void Cpu::cross_entropy_rows(Matrix& z, std::size_t begin, std::size_t end,
                             std::span<const float> bias, std::span<const std::uint8_t> y,
                             std::size_t n, std::span<float> loss, std::span<std::uint8_t> hit) {
  const std::size_t columns = z.columns();
  const float share = 1.0F / static_cast<float>(n);
  for_cached_rows(begin, end, columns, [&](std::size_t first, std::size_t rows) {
    subtract_largest({z.row(first), rows, columns}, bias.data());
    for (std::size_t i = first; i < first + rows; ++i) {
      const float* row = z.row(i);
      loss[i] = -row[y[i]];
      // In a tie the first largest one is the prediction.
      hit[i] = std::find(row, row + columns, 0.0F) == row + y[i];
    }
    exponentiate({z.row(first), rows * columns});
    for (std::size_t i = first; i < first + rows; ++i) {
      float* row = z.row(i);
      const float sum = std::accumulate(row, row + columns, 0.0F);
      loss[i] += std::log(sum);
      hit[i] = hit[i] != 0 && !std::isnan(loss[i]);
      const float scale = share / sum;
      for (std::size_t j = 0; j < columns; ++j) row[j] *= scale;
      row[y[i]] -= share;
    }
  });
}

void Cpu::softmax_cross_entropy(Matrix& z, std::span<const float> bias,
                                std::span<const std::uint8_t> y, std::size_t n,
                                std::span<float> loss, std::span<std::uint8_t> hit) const {
  constexpr std::size_t kGrain = 8;
  team_->ranges(z.rows(), kGrain, [&](std::size_t begin, std::size_t end) {
    cross_entropy_rows(z, begin, end, bias, y, n, loss, hit);
  });
}

}  // namespace kilat
