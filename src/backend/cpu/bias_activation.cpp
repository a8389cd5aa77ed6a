#include "backend/cpu/cpu.h"
#include "backend/cpu/simd.h"

namespace kilat {
namespace {

KILAT_VECTORISED void bias_activation_row(float* z, const float* bias, std::size_t n,
                                          const Activation& f) {
  with_activation(f.kind, [&, slope = f.slope]<ActivationKind kind>() KILAT_INLINED_LAMBDA {
    for (std::size_t j = 0; j < n; ++j) z[j] = activate<kind>(z[j] + bias[j], slope);
  });
}

}  // namespace

void Cpu::bias_activation(Matrix& z, std::span<const float> bias, const Activation& f) const {
  constexpr std::size_t kGrain = 32;
  team_->ranges(z.rows(), kGrain, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      bias_activation_row(z.row(i), bias.data(), z.columns(), f);
    }
  });
}

}  // namespace kilat
