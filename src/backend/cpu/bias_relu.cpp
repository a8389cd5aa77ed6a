#include "backend/cpu/cpu.h"

namespace kilat {
namespace {

KILAT_VECTORISED void bias_relu_row(float* z, const float* bias, std::size_t n) {
  for (std::size_t j = 0; j < n; ++j) {
    const float x = z[j] + bias[j];
    z[j] = x <= 0 ? 0 : x;  // a NaN compares false and stays
  }
}

}  // namespace

void Cpu::bias_relu(Matrix& z, std::span<const float> bias) const {
  constexpr std::size_t kGrain = 32;
  team_->ranges(z.rows(), kGrain, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) bias_relu_row(z.row(i), bias.data(), z.columns());
  });
}

}  // namespace kilat
