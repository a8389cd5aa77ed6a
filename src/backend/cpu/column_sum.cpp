#include "backend/cpu/column_sum.h"

#include <algorithm>

#include "backend/cpu/block_rows.h"
#include "backend/cpu/cpu.h"

namespace kilat {
namespace {

// Sixteen columns at a time, beyond the last one too where numbers of other rows follow.
template <std::size_t lanes>
KILAT_INLINE void add_sixteens(const ColumnSum& arguments) {
  const ColumnSum c = arguments;
  for (std::size_t j = c.begin; j < c.end; j += kGroup) {
    const std::size_t n = std::min(kGroup, c.end - j), all = c.count * c.stride;
    const std::size_t safe = n == kGroup        ? c.count
                             : all < j + kGroup ? 0
                                                : (all - j - kGroup) / c.stride + 1;
    float sums[kGroup] = {};
    std::copy_n(c.sum + j, n, sums);
    auto sum = load<lanes, 1>(sums);
    for (std::size_t i = 0; i < safe; ++i) add(sum, load<lanes, 1>(c.rows + i * c.stride + j));
    store(sums, sum);
    for (std::size_t i = safe; i < c.count; ++i) {
      for (std::size_t k = 0; k < n; ++k) sums[k] += c.rows[i * c.stride + j + k];
    }
    std::copy_n(sums, n, c.sum + j);
  }
}

}  // namespace

KILAT_SIMD(add_columns, add_sixteens, ColumnSum)

// Threads divide the columns, so that each sum is in the order of the rows, whatever the number of
// threads.
void Cpu::column_sum(std::span<float> sum, const Matrix& dz, bool accumulate) const {
  constexpr std::size_t kGrain = 128;
  team_->ranges(dz.columns(), kGrain, [&](std::size_t begin, std::size_t end) {
    if (!accumulate) std::fill(sum.begin() + begin, sum.begin() + end, 0.0F);
    if (dz.rows() != 0) add_columns({sum.data(), dz.row(0), dz.rows(), dz.columns(), begin, end});
  });
}

}  // namespace kilat
