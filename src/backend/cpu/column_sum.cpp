#include <algorithm>

#include "backend/cpu/cpu.h"
#include "backend/cpu/simd.h"

namespace kilat {
namespace {

void add_row(float* sum, const float* row, std::size_t n) {
  vectorised([=]() KILAT_INLINED_LAMBDA {
    for (std::size_t j = 0; j < n; ++j) sum[j] += row[j];
  });
}

}  // namespace

// Threads divide the columns, so that each sum is in the order of the rows, whatever the number of
// threads.
void Cpu::column_sum(std::span<float> sum, const Matrix& dz, bool accumulate) const {
  constexpr std::size_t kGrain = 128;
  team_->ranges(dz.columns(), kGrain, [&](std::size_t begin, std::size_t end) {
    if (!accumulate) std::fill(sum.begin() + begin, sum.begin() + end, 0.0F);
    for (std::size_t i = 0; i < dz.rows(); ++i) {
      add_row(sum.data() + begin, dz.row(i) + begin, end - begin);
    }
  });
}

}  // namespace kilat
