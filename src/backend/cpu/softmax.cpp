#include <cmath>

#include "backend/cpu/cpu.h"
#include "backend/cpu/softmax_row.h"

namespace kilat {

void Cpu::softmax(Matrix& z, std::span<const float> bias) const {
  constexpr std::size_t kGrain = 32;
  team_->ranges(z.rows(), kGrain, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      float* row = z.row(i);
      const float largest = add_bias(row, bias.data(), z.columns());
      const float sum = exponentiate(row, largest, z.columns());
      for (std::size_t j = 0; j < z.columns(); ++j) row[j] /= sum;
    }
  });
}

}  // namespace kilat
