// Whatever a test did on the emulated GPU, nothing of it is left: looked at after every test of
// this program.
#include <gtest/gtest.h>

#include "backend/cuda/cuda.h"
#include "emulation.h"

namespace kilat {
namespace {

class NothingIsLeft : public testing::EmptyTestEventListener {
  void OnTestEnd(const testing::TestInfo& test) override {
    EXPECT_EQ(emulation::live_allocations(), 0U) << "device memory is left by " << test.name();
    EXPECT_EQ(emulation::live_objects(), 0U) << "streams, events or graphs of " << test.name();
    const emulation::Ranges ranges = emulation::nvtx_ranges();
    EXPECT_EQ(ranges.depth + ranges.open, 0U) << "NVTX ranges of " << test.name();
  }
};

[[maybe_unused]] const bool kListens = [] {
  testing::UnitTest::GetInstance()->listeners().Append(new NothingIsLeft);
  return true;
}();

TEST(LeaksTest, AreNoticed) {
  ASSERT_TRUE(kListens);
  Cuda cuda({});
  const auto buffer = cuda.buffer<float>(10);
  EXPECT_GT(emulation::live_allocations(), 0U);
  EXPECT_GT(emulation::live_objects(), 0U);
}

}  // namespace
}  // namespace kilat
