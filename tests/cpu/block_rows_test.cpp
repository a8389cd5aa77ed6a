// Rows of a block are those of the matrix, and zero beyond it.
#include "backend/cpu/block_rows.h"

#include <numeric>

#include "ops/op_test.h"

namespace kilat {
namespace {

constexpr std::size_t kBlock = 32;

struct Copying {
  const float* matrix;
  std::size_t stride, rows, width;
  float* block;  // [rows + 1, kBlock]
};
template <std::size_t lanes>
KILAT_INLINE void copy_rows(const Copying& c) {
  const BlockRows<lanes, kBlock> rows(c.matrix, c.stride, c.rows, c.width);
  for (std::size_t r = 0; r <= c.rows; ++r) {
    store<lanes, kBlock>(c.block + r * kBlock, rows[r]);
  }
}
KILAT_SIMD(copy, copy_rows, Copying)

TEST(BlockRowsTest, AreZeroBeyondTheMatrix) {
  for (std::size_t width = 1; width <= kBlock; ++width) {
    for (const std::size_t stride : {width, width + 1, std::size_t{100}}) {
      for (const std::size_t rows : {1, 2, 5}) {
        SCOPED_TRACE(shape_text(rows, width));
        // No number is zero, and the last one ends the memory.
        std::vector<float> matrix((rows - 1) * stride + width);
        std::iota(matrix.begin(), matrix.end(), 1.0F);
        std::vector<float> block((rows + 1) * kBlock, -1);
        copy({matrix.data(), stride, rows, width, block.data()});
        for (std::size_t r = 0; r <= rows; ++r) {
          for (std::size_t j = 0; j < kBlock; ++j) {
            const float wanted = r < rows && j < width ? matrix[r * stride + j] : 0;
            ASSERT_EQ(block[r * kBlock + j], wanted) << r << ", " << j;
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace kilat
