// Training on bytes multiplied as they are, on tensor cores.
#include <set>

#include "emulated/exact_trainer.h"
#include "emulated/mnist.h"
#include "emulation.h"

namespace kilat {
namespace {

Recipe wide_recipe(std::size_t batch) {
  Recipe r = tiny_recipe();
  r.hidden = {32, 17};
  r.batch = batch;
  r.momentum = 0.9F;
  r.learning_rate = 0.05F;
  return r;
}

class ExactBytesTest : public testing::Test {
 protected:
  void TearDown() override {
    emulation::set_schedule(0);
    emulation::set_compute_capability(9, 0);
  }
};

TEST_F(ExactBytesTest, TrainsAsInFloatAndNothingIsWidened) {
  const Dataset data = first_mnist(600);
  for (const std::size_t batch : {100, 0}) {
    const Recipe recipe = wide_recipe(batch);
    const auto trainer = exact_trainer_of(recipe, data);
    trainer->steps(8);
    const std::vector<float> got = trainer->state().parameters;
    const std::vector<float> wanted = parameters_after(tested_device(2), recipe, data, 8);
    for (std::size_t i = 0; i < got.size(); ++i) ASSERT_NEAR(got[i], wanted[i], 1e-5) << i;
    EXPECT_NE(got, wanted);  // the order of the sums
    emulation::reset_counters();
    trainer->steps(1);
    trainer->evaluate(0, nullptr);
    for (const auto& [kernel, count] : emulation::counters().kernels) {
      EXPECT_EQ(kernel.find("widen"), std::string::npos) << kernel;
    }
  }
}

TEST_F(ExactBytesTest, TenSchedulesGiveTheSameBits) {
  const Dataset data = stripes(1100, 100, 10, 1);
  for (const std::size_t batch : {100, 0}) {
    Recipe recipe = wide_recipe(batch);
    if (batch == 0) recipe.hidden = {10};  // in parts
    std::set<std::vector<float>> results;
    for (std::uint64_t seed = 0; seed < 10; ++seed) {
      emulation::set_schedule(seed);
      const auto trainer = exact_trainer_of(recipe, data, seed % 2 == 0);
      trainer->steps(3);
      results.insert(trainer->state().parameters);
    }
    EXPECT_EQ(results.size(), 1U);
  }
}

TEST_F(ExactBytesTest, AGpuWithoutBf16MultipliesInFloat) {
  emulation::set_compute_capability(7, 5);
  const Dataset data = stripes(170, 20, 4, 1);
  const auto trainer = exact_trainer_of(tiny_recipe(), data);
  trainer->steps(15);
  EXPECT_EQ(trainer->state().parameters,
            parameters_after(tested_device(2), tiny_recipe(), data, 15));
}

}  // namespace
}  // namespace kilat
