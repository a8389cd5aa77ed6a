// A race or a missing barrier of the resident engine would show in some order of blocks, warps and
// threads; and what it launches.
#include <gmock/gmock.h>

#include "emulated/resident.h"
#include "emulation.h"

namespace kilat {
namespace {

struct ResidentSchedulesTest : ::testing::Test {
  void TearDown() override { emulation::set_schedule(0); }

  // Every other schedule is of the first device.
  static void expect_bits_in_ten_schedules(const Recipe& r, const Dataset& data, std::size_t steps,
                                           const Figures& first, const Figures& second) {
    const auto wanted = portable(r, data);
    wanted->steps(steps);
    for (std::uint64_t seed = 0; seed < 10; ++seed) {
      emulation::set_schedule(seed);
      const auto trainer = resident(r, data, seed % 2 == 0 ? first : second);
      trainer->steps(steps);
      EXPECT_TRUE(trainer->state().parameters == wanted->state().parameters) << seed;
    }
  }
};

TEST_F(ResidentSchedulesTest, TenSchedulesGiveTheBitsOfPortable) {
  Recipe r = resident_recipe();
  r.momentum = 0.9F;
  r.batch = 40;  // of two pieces
  expect_bits_in_ten_schedules(r, stripes(200, 60, 4, 1), 8, kHopper, kNoCluster);
}

TEST_F(ResidentSchedulesTest, TenSchedulesOfADeepNetworkGiveTheBitsOfPortable) {
  Recipe r = resident_recipe();
  r.hidden = {24, 16};
  r.momentum = 0.9F;
  expect_bits_in_ten_schedules(r, stripes(40, 20, 4, 1), 4, {kShared, 3, 0}, {kShared, 8, 0});
}

TEST_F(ResidentSchedulesTest, TenSchedulesOfAFullBatchGiveTheBitsOfPortable) {
  Recipe r = resident_recipe();
  r.hidden = {10};
  r.momentum = 0.9F;
  r.batch = 0;
  expect_bits_in_ten_schedules(r, stripes(300, 60, 4, 1), 3, {kShared, 5, 0}, {kShared, 1, 0});
}

TEST(ResidentFullBatchTest, AnIntervalIsOneLaunch) {
  const TrainingData data = {stripes(270, 20, 4, 1), stripes(50, 20, 4, 2), stripes(70, 20, 4, 3)};
  Recipe r = resident_recipe();
  r.hidden = {10};
  r.batch = 0;
  r.epochs = 6;
  r.eval_iterations = 2;
  r.engine = Engine::resident;
  std::vector<std::size_t> launches;
  TrainingHooks hooks;
  hooks.on_evaluation = [&](const Evaluation&) {
    const emulation::Counters counters = emulation::counters();
    std::size_t all = 0;
    for (const auto& [kernel, count] : counters.kernels) all += count;
    launches.push_back(all);
    EXPECT_EQ(counters.library_calls, 0U);
    emulation::reset_counters();
  };
  emulation::reset_counters();
  train(r, data, initial_network(r, data.train), choose_device("cuda"), hooks);
  EXPECT_THAT(launches, ::testing::ElementsAre(1, 1, 1));
}

}  // namespace
}  // namespace kilat
