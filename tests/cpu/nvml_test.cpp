// NVML as a library that is not there, and as one made up here.
#include "backend/nvml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kilat {
namespace {

// What the made-up library answers, and what became of it.
struct Answers {
  int init = 0;
  unsigned gpus = 2;
  unsigned long long reasons = 0;
  int in_use = 0;
};
Answers answers;

constexpr int kInvalidArgument = 2;

NvmlFunctions fake_nvml() {
  NvmlFunctions f;
  f.init = [] {
    if (answers.init == 0) ++answers.in_use;
    return answers.init;
  };
  f.shutdown = [] { return --answers.in_use; };
  f.device_by_index = [](unsigned index, void** device) {
    if (index >= answers.gpus) return kInvalidArgument;
    *device = &answers;
    return 0;
  };
  f.clock = [](void* device, int type, unsigned* megahertz) {
    *megahertz = 1500;
    return device == &answers && type == 1 ? 0 : kInvalidArgument;
  };
  f.max_clock = [](void*, int, unsigned* megahertz) {
    *megahertz = 1980;
    return 0;
  };
  f.throttle_reasons = [](void*, unsigned long long* reasons) {
    *reasons = answers.reasons;
    return 0;
  };
  return f;
}

class NvmlTest : public testing::Test {
 protected:
  NvmlTest() { answers = {}; }
  ~NvmlTest() override { EXPECT_EQ(answers.in_use, 0) << "not shut down"; }
};

TEST_F(NvmlTest, ALibraryThatIsNotThereGivesNothing) {
  EXPECT_FALSE(open_nvml("libthere-is-no-such-library.so.1").has_value());
}

TEST_F(NvmlTest, ALibraryWithoutTheFunctionsGivesNothing) {
  EXPECT_FALSE(open_nvml("libc.so.6").has_value());
}

TEST_F(NvmlTest, ClocksAreThoseOfTheMultiprocessors) {
  const auto clocks = gpu_clocks(fake_nvml(), 1);
  ASSERT_TRUE(clocks.has_value());
  EXPECT_EQ(clocks->sm_megahertz, 1500U);
  EXPECT_EQ(clocks->max_sm_megahertz, 1980U);
  EXPECT_THAT(clocks->slowed_by, testing::IsEmpty());
}

TEST_F(NvmlTest, ReasonsAreWordsAndIdlenessIsNone) {
  answers.reasons = 0x1 | 0x4 | 0x40;
  EXPECT_THAT(gpu_clocks(fake_nvml(), 0)->slowed_by,
              testing::ElementsAre("the power limit", "its temperature (hardware)"));
}

TEST_F(NvmlTest, WhereNvmlDoesNotAnswerThereIsNothing) {
  EXPECT_FALSE(gpu_clocks(fake_nvml(), 2).has_value());
  answers.init = 9;  // the driver is not loaded
  EXPECT_FALSE(gpu_clocks(fake_nvml(), 0).has_value());
}

}  // namespace
}  // namespace kilat
