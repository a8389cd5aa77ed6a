// The trainer whole, on MNIST, under emulation.
#include "emulated/mnist.h"

#include <set>

#include "emulation.h"
#include "train/agreement.h"

namespace kilat {
namespace {

// 60 steps.
Recipe mini_batches() {
  Recipe r = find_recipe("mnist");
  r.hidden = {32};
  r.batch = 100;
  r.epochs = 3;
  return r;
}

constexpr std::size_t kImages = 2000;

TEST(EmulatedMnistTest, AFewEpochsAgreeWithReferenceAndCpu) {
  const Dataset data = first_mnist(kImages);
  for (const Device& device : {tested_device(2), choose_device("cpu", 1)}) {
    expect_agreement(device, mini_batches(), data, 60);
  }
}

TEST(EmulatedMnistTest, TwentyIterationsOfTheReportAgreeWithReferenceAndCpu) {
  const Dataset data = first_mnist(kImages);
  const Recipe report = find_recipe("report");
  for (const Device& device : {tested_device(2), choose_device("cpu", 1)}) {
    expect_agreement(device, report, data, 20);
  }
}

TEST(EmulatedMnistTest, TrainsAsTheCpuDoes) {
  const Dataset data = first_mnist(kImages);
  const auto accuracy = [&](const Device& device) {
    return train_tiny(mini_batches(), {data, {}, {}}, device).final.train.accuracy;
  };
  const double on_cpu = accuracy(choose_device("cpu", 1));
  EXPECT_GT(on_cpu, 0.8);
  EXPECT_NEAR(accuracy(tested_device(2)), on_cpu, 0.002);
}

class SchedulesTest : public testing::Test {
 protected:
  void TearDown() override { emulation::set_schedule(0); }
};

// A race or a missing barrier would show in some order of blocks, warps and threads.
TEST_F(SchedulesTest, TenSchedulesGiveTheSameBits) {
  const Dataset data = first_mnist(500);
  Recipe recipe = mini_batches();
  recipe.hidden = {32, 17};
  recipe.momentum = 0.9F;
  std::set<std::vector<float>> results;
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    emulation::set_schedule(seed);
    results.insert(parameters_after(tested_device(seed % 2 == 0 ? 1 : 2), recipe, data, 10));
  }
  EXPECT_EQ(results.size(), 1U);
}

TEST_F(SchedulesTest, TenSchedulesOfAFullBatchGiveTheSameBits) {
  const Dataset data = first_mnist(1100);
  Recipe recipe = mini_batches();
  recipe.hidden = {10};
  recipe.batch = 0;
  std::set<std::vector<float>> results;
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    emulation::set_schedule(seed);
    results.insert(parameters_after(tested_device(2), recipe, data, 3));
  }
  EXPECT_EQ(results.size(), 1U);
}

}  // namespace
}  // namespace kilat
