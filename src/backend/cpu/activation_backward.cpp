#include "backend/cpu/cpu.h"
#include "backend/cpu/simd.h"

namespace kilat {
namespace {

KILAT_VECTORISED void activation_backward_row(float* dz, const float* a, std::size_t n,
                                              const Activation& f) {
  with_activation(f.kind, [&, slope = f.slope]<ActivationKind kind>() KILAT_INLINED_LAMBDA {
    for (std::size_t j = 0; j < n; ++j) dz[j] = activation_gradient<kind>(dz[j], a[j], slope);
  });
}

}  // namespace

void Cpu::activation_backward(Matrix& dz, const Matrix& a, const Activation& f) const {
  constexpr std::size_t kGrain = 32;
  team_->ranges(dz.rows(), kGrain, [&](std::size_t begin, std::size_t end) {
    activation_backward_row(dz.row(begin), a.row(begin), (end - begin) * dz.columns(), f);
  });
}

}  // namespace kilat
