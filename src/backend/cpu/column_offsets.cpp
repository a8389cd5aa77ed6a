#include "backend/cpu/column_offsets.h"

#include <algorithm>

#include "backend/cpu/simd.h"
#include "backend/unit_blocks.h"

namespace kilat {

// In double: where all of x is zero, the offset is the whole result.
void column_offsets(double taken, const float* b, std::size_t stride, std::size_t rows,
                    std::size_t width, float* offsets) {
  vectorised([=]() KILAT_INLINED_LAMBDA {
    std::fill_n(offsets, width, 0.0F);
    if (taken == 0) return;
    double sums[UnitBlocks::kMost] = {};
    for (std::size_t r = 0; r < rows; ++r) {
      for (std::size_t j = 0; j < width; ++j) sums[j] += b[r * stride + j];
    }
    for (std::size_t j = 0; j < width; ++j) offsets[j] = static_cast<float>(taken * sums[j]);
  });
}

}  // namespace kilat
