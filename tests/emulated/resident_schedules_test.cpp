// A race or a missing barrier of the resident engine would show in some order of blocks, warps and
// threads; and what it launches.
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

TEST_F(ResidentSchedulesTest, TenSchedulesOfAFullBatchGiveTheBitsOfPortable) {
  Recipe r = resident_recipe();
  r.hidden = {10};
  r.momentum = 0.9F;
  r.batch = 0;
  expect_bits_in_ten_schedules(r, stripes(300, 60, 4, 1), 3, {kShared, 5, 0}, {kShared, 1, 0});
}

TEST(ResidentFullBatchTest, AnIntervalIsOneLaunch) {
  const Dataset data = stripes(300, 60, 4, 1);
  Recipe r = resident_recipe();
  r.hidden = {10};
  r.batch = 0;
  const auto trainer = resident(r, data, kHopper);
  trainer->steps(1);
  trainer->cursor();  // waits
  emulation::reset_counters();
  trainer->steps(3);
  trainer->cursor();
  std::size_t launches = 0;
  for (const auto& [kernel, count] : emulation::counters().kernels) launches += count;
  EXPECT_EQ(launches, 1U);
}

}  // namespace
}  // namespace kilat
