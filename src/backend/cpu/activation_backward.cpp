#include "backend/cpu/cpu.h"
#include "backend/cpu/rows.h"

namespace kilat {

void Cpu::activation_backward(Matrix& dz, const Matrix& a, const Activation& f) const {
  constexpr std::size_t kGrain = 32;
  team_->ranges(dz.rows(), kGrain, [&](std::size_t begin, std::size_t end) {
    const std::size_t columns = dz.columns();
    activation_backward_rows(
        {{end - begin, columns}, dz.row(begin), columns, a.row(begin), dz.row(begin), columns, f});
  });
}

}  // namespace kilat
