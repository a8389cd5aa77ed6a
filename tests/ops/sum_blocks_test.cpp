#include "ops/op_test.h"

namespace kilat {
namespace {

template <class T>
class SumBlocksTest : public OpTest<T> {};
TYPED_TEST_SUITE(SumBlocksTest, Backends);

TYPED_TEST(SumBlocksTest, AddsTheFirstBlocksInTheirOrder) {
  for (const std::size_t size : {1, 17, 40000}) {
    for (const std::size_t n : {0, 1, 2, 3}) {
      std::vector<typename TypeParam::Backend::template Buffer<float>> blocks;
      std::vector<float> wanted(size);
      for (unsigned k = 0; k < 4; ++k) {
        const Values values = random_values(size, k);
        blocks.push_back(buffer_of(this->device, values));
        for (std::size_t i = 0; i < size; ++i) {
          if (k == 0 || k < n) wanted[i] += static_cast<float>(values[i]);
        }
      }
      this->device.sum_blocks(blocks, n);
      ASSERT_EQ((values_of<float>(this->device, blocks[0])), wanted) << n << " of " << size;
    }
  }
}

}  // namespace
}  // namespace kilat
