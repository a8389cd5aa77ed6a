// A race or a missing barrier of the resident engine would show in some order of blocks, warps and
// threads.
#include "emulated/resident.h"
#include "emulation.h"

namespace kilat {
namespace {

struct ResidentSchedulesTest : ::testing::Test {
  void TearDown() override { emulation::set_schedule(0); }
};

TEST_F(ResidentSchedulesTest, TenSchedulesGiveTheBitsOfPortable) {
  const Dataset data = stripes(200, 60, 4, 1);
  Recipe r = resident_recipe();
  r.momentum = 0.9F;
  r.batch = 40;  // of two pieces
  const auto wanted = portable(r, data);
  wanted->steps(8);
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    emulation::set_schedule(seed);
    const auto trainer = resident(r, data, seed % 2 == 0 ? kHopper : kNoCluster);
    trainer->steps(8);
    EXPECT_TRUE(trainer->state().parameters == wanted->state().parameters) << seed;
  }
}

}  // namespace
}  // namespace kilat
