#include "backend/cpu/cpu.h"
#include "backend/cpu/simd.h"

namespace kilat {
namespace {

void mark_row(std::uint8_t* active, const float* a, std::size_t n) {
  vectorised([=]() KILAT_INLINED_LAMBDA {
    for (std::size_t j = 0; j < n; ++j) active[j] |= static_cast<std::uint8_t>(a[j] > 0);
  });
}

}  // namespace

void Cpu::mark_active(std::span<std::uint8_t> active, const Matrix& a) const {
  constexpr std::size_t kGrain = 128;
  team_->ranges(a.columns(), kGrain, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = 0; i < a.rows(); ++i) {
      mark_row(active.data() + begin, a.row(i) + begin, end - begin);
    }
  });
}

}  // namespace kilat
