#include <algorithm>
#include <cmath>

#include "backend/cpu/cpu.h"
#include "backend/cpu/softmax_row.h"

namespace kilat {

// loss = log Σ exp(z − max) − (z_y − max): finite logits never give a NaN.
void Cpu::softmax_cross_entropy(Matrix& z, std::span<const float> bias,
                                std::span<const std::uint8_t> y, std::size_t n,
                                std::span<float> loss, std::span<std::uint8_t> hit) const {
  constexpr std::size_t kGrain = 32;
  team_->ranges(z.rows(), kGrain, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      float* row = z.row(i);
      const float largest = add_bias(row, bias.data(), z.columns());
      // The first of equals counts as the answer.
      const float* answer = std::find(row, row + z.columns(), largest);
      const bool right = answer == row + y[i];
      const float margin = row[y[i]] - largest;
      const float sum = exponentiate(row, largest, z.columns());
      loss[i] = std::log(sum) - margin;
      hit[i] = right && !std::isnan(loss[i]);
      const float scale = 1.0F / (sum * static_cast<float>(n));
      for (std::size_t j = 0; j < z.columns(); ++j) row[j] *= scale;
      row[y[i]] -= 1.0F / static_cast<float>(n);
    }
  });
}

}  // namespace kilat
