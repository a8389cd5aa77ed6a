#include "backend/cpu/cpu.h"
#include "backend/cpu/rows.h"

namespace kilat {

void Cpu::bias_activation(Matrix& z, std::span<const float> bias, const Activation& f) const {
  constexpr std::size_t kGrain = 32;
  team_->ranges(z.rows(), kGrain, [&](std::size_t begin, std::size_t end) {
    const std::size_t columns = z.columns();
    activate_rows(
        {{end - begin, columns}, z.row(begin), columns, bias.data(), f, z.row(begin), columns});
  });
}

}  // namespace kilat
