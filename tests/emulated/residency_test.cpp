// Steps stay on the device: nothing is allocated, awaited or copied while they run.
#include <fmt/format.h>

#include "emulation.h"
#include "train/agreement.h"

namespace kilat {
namespace {

struct Epoch {
  std::size_t steps = 0;
  emulation::Counters counters;
};

// Of an epoch after the shapes have been met: full batches and a short last one.
Epoch count_epoch(const Device& device, std::size_t batch) {
  const Dataset data = stripes(170, 20, 4, 1);
  Recipe recipe = tiny_recipe();
  recipe.batch = batch;
  recipe.epochs = 100;
  const auto trainer = trainer_of(device, recipe, data);
  const std::size_t steps = batch == 0 ? 1 : (170 + batch - 1) / batch;
  for (int i = 0; i < 3; ++i) trainer->steps(steps);
  trainer->cursor();  // waits
  emulation::reset_counters();
  trainer->steps(steps);
  const Epoch epoch{steps, emulation::counters()};
  trainer->cursor();
  return epoch;
}

TEST(ResidencyTest, AnEpochOfStepsNeitherAllocatesNorWaitsNorCopies) {
  for (const int threads : {1, 2}) {
    for (const std::size_t batch : {0, 16}) {
      const Epoch epoch = count_epoch(tested_device(threads), batch);
      EXPECT_EQ(epoch.counters.allocations, 0U);
      EXPECT_EQ(epoch.counters.frees, 0U);
      EXPECT_EQ(epoch.counters.synchronisations, 0U);
      EXPECT_EQ(epoch.counters.copies_to_host, 0U);
      EXPECT_EQ(epoch.counters.copies_to_device, 0U);
    }
  }
}

// 170 samples: eight steps and two, and the short last one.
TEST(ResidencyTest, AnEpochIsAFewLaunchesOfGraphs) {
  const Epoch epoch = count_epoch(tested_device(2), 16);
  EXPECT_EQ(epoch.steps, 11U);
  EXPECT_EQ(epoch.counters.graph_launches, 3U);
  EXPECT_LE(epoch.counters.launches, 1U);  // the shuffle's keys
}

// A whole set is the same in every epoch: 300 = 256 + 32 + 8 + 4.
TEST(ResidencyTest, HundredsOfFullBatchesAreAFewLaunchesOfGraphs) {
  Recipe recipe = tiny_recipe();
  recipe.batch = 0;
  recipe.epochs = 700;
  const auto trainer = trainer_of(tested_device(2), recipe, stripes(17, 6, 4, 1));
  trainer->steps(301);  // the first one by itself
  trainer->cursor();
  emulation::reset_counters();
  trainer->steps(300);
  EXPECT_EQ(emulation::counters().graph_launches, 4U);
  EXPECT_EQ(trainer->cursor().step, 601U);
}

TEST(ResidencyTest, WithoutGraphsEachKernelIsLaunched) {
  const Epoch epoch = count_epoch(tested_device(1), 16);
  EXPECT_EQ(epoch.counters.graph_launches, 0U);
  EXPECT_GT(epoch.counters.launches, 5 * epoch.steps);
}

}  // namespace
}  // namespace kilat
