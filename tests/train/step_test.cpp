// A step whose batch holds one sample that gives no finite loss, and the memory that steps need.
#include "train/step.h"

#include <gtest/gtest.h>

#include "backend/cpu/cpu.h"
#include "train/one_hot.h"
#include "train/tiny.h"

namespace kilat {
namespace {

// Two threads work through a batch of 1,600 in several slices each; the bad sample is in the last.
TEST(StepTest, ALossThatIsNotFiniteInTheLastSliceLeavesEverythingAsItWas) {
  Dataset data = stripes(1600, 20, 4, 1);
  for (std::size_t i = 0; i < data.size(); ++i) data.pixels[i * 20] = 0;
  data.pixels[1599 * 20] = 255;
  Recipe recipe = one_hot_recipe(1);
  recipe.hidden = {};
  recipe.batch = 0;
  Network network = initial_network(recipe, data);
  poison(network, 0);
  const auto trainer = make_trainer(cpu(2), network, {&data, {}}, recipe);
  trainer->seek(3);
  for (int i = 0; i < 2; ++i) {
    trainer->step();
    EXPECT_EQ(trainer->cursor().fault, kLossFault);
    EXPECT_EQ(trainer->cursor().step, 3U);
    EXPECT_EQ(trainer->cursor().position, 0U);
    EXPECT_EQ(trainer->state().parameters, network.parameters);
    EXPECT_EQ(trainer->state().velocity, std::vector<float>(network.parameters.size()));
  }
}

// The rows that each workspace holds.
std::vector<std::size_t> workspace_rows(int threads, std::size_t batch, Use use) {
  Cpu b(threads);
  const DeviceNetwork<Cpu> network(b, make_network({5, 4, 3}), batch, use);
  std::vector<std::size_t> rows;
  for (const Workspace<Cpu>& w : network.workspaces) rows.push_back(w.y.size());
  return rows;
}

TEST(StepTest, WorkspacesHoldTheSlicesOfTrainingAndOfEvaluation) {
  const std::size_t slice = workspace_rows(1, 0, Use::inference).at(0);
  ASSERT_LT(slice, 300U);
  EXPECT_EQ(workspace_rows(1, 300, Use::training), std::vector<std::size_t>{300});
  EXPECT_EQ(workspace_rows(1, 16, Use::training), std::vector<std::size_t>{slice});
  EXPECT_EQ(workspace_rows(3, 16, Use::training), std::vector<std::size_t>(3, slice));
  EXPECT_EQ(workspace_rows(3, 5000, Use::training), std::vector<std::size_t>(3, slice));
}

}  // namespace
}  // namespace kilat
