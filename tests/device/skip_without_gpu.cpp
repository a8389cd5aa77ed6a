// Skips every test of this program where no GPU can be used.
#include <cstdio>
#include <string>

#include <gtest/gtest.h>

#include <kilat/device.h>

namespace kilat {
namespace {

class NeedsGpu : public testing::Environment {
  void SetUp() override {
    const std::string& obstacle = gpu_support().obstacle;
    if (obstacle.empty()) return;
    std::printf("SKIPPED: %s\n", obstacle.c_str());
    GTEST_SKIP() << obstacle;
  }
};

[[maybe_unused]] const testing::Environment* const kNeedsGpu =
    testing::AddGlobalTestEnvironment(new NeedsGpu);

}  // namespace
}  // namespace kilat
