#include "backend/cpu/column_offsets.h"

#include <algorithm>

#include "backend/cpu/finish.h"
#include "backend/vectorised.h"

namespace kilat {

// In double: where all of x is zero, the offset is the whole result.
KILAT_VECTORISED void column_offsets(double taken, const float* b, std::size_t stride,
                                     std::size_t rows, std::size_t width, float* offsets) {
  std::fill_n(offsets, kWideBlock, 0.0F);
  if (taken == 0) return;
  double sums[kWideBlock] = {};
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t j = 0; j < width; ++j) sums[j] += b[r * stride + j];
  }
  for (std::size_t j = 0; j < width; ++j) offsets[j] = static_cast<float>(taken * sums[j]);
}

}  // namespace kilat
