// A step whose batch holds one sample that gives no finite loss.
#include <gtest/gtest.h>

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
  recipe.momentum = 0.9F;
  Network network = initial_network(recipe, data);
  poison(network, 0);
  const auto trainer = make_trainer(tested_device(2), network, {&data, {}}, recipe);
  trainer->seek(3);
  for (int i = 0; i < 2; ++i) {
    trainer->step();
    EXPECT_EQ(trainer->cursor().fault, kLossFault);
    EXPECT_EQ(trainer->cursor().step, 3U);
    EXPECT_EQ(trainer->cursor().position, 0U);
    EXPECT_EQ(trainer->state().parameters, network.parameters);
    EXPECT_EQ(trainer->state().optimizer[0], std::vector<float>(network.parameters.size()));
  }
}

}  // namespace
}  // namespace kilat
