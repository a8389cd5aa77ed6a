#include "backend/cpu/cpu.h"

namespace kilat {
namespace {

KILAT_VECTORISED void keep_where_positive(float* dz, const float* a, std::size_t n) {
  for (std::size_t j = 0; j < n; ++j) dz[j] = a[j] > 0 ? dz[j] : 0;
}

}  // namespace

void Cpu::relu_backward(Matrix& dz, const Matrix& a) const {
  constexpr std::size_t kGrain = 32;
  team_->ranges(dz.rows(), kGrain, [&](std::size_t begin, std::size_t end) {
    keep_where_positive(dz.row(begin), a.row(begin), (end - begin) * dz.columns());
  });
}

}  // namespace kilat
