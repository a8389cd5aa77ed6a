// Barriers, shuffles, votes and atomics: right kernels give the same result in every schedule.
#include <set>

#include <gmock/gmock.h>

#include "emulation_test.h"
#include "kernels/kernels.h"

namespace emulation_test {
namespace {

using testing::Each;
using testing::HasSubstr;
using testing::Ne;

class CollectivesTest : public EmulationTest {};

std::vector<int> sums_of_blocks(int blocks) {
  std::vector<int> sums;
  for (int b = 0; b < blocks; ++b) {
    sums.push_back(b * kBlock * kBlock + kBlock * (kBlock - 1) / 2);
  }
  return sums;
}

TEST_F(CollectivesTest, ABarrierMakesASumRightInEverySchedule) {
  constexpr int kBlocks = 5;
  const DeviceArray<int> in(counting(kBlocks * kBlock));
  for (int seed = 0; seed < kSchedules; ++seed) {
    emulation::set_schedule(seed);
    const DeviceArray<int> out(kBlocks);
    ASSERT_EQ(launch({kBlocks, kBlock}, block_sum, out.data(), in.data()), cudaSuccess);
    EXPECT_EQ(out.values(), sums_of_blocks(kBlocks)) << "seed " << seed;
  }
}

TEST_F(CollectivesTest, WithoutItsBarrierTheSumIsWrongInSomeSchedule) {
  const DeviceArray<int> in(counting(kBlock));
  int wrong = 0;
  for (int seed = 0; seed < kSchedules; ++seed) {
    emulation::set_schedule(seed);
    const DeviceArray<int> out(1);
    ASSERT_EQ(launch({1, kBlock}, block_sum_unsynchronised, out.data(), in.data()), cudaSuccess);
    if (out.values() != sums_of_blocks(1)) ++wrong;
  }
  EXPECT_GE(wrong, kSchedules / 2);
}

TEST_F(CollectivesTest, ARaceBetweenWarpsEndsDifferentlyInDifferentSchedules) {
  std::set<int> last_warp;
  for (int seed = 0; seed < kSchedules; ++seed) {
    emulation::set_schedule(seed);
    const DeviceArray<int> out(1);
    ASSERT_EQ(launch({1, 64}, race, out.data()), cudaSuccess);
    last_warp.insert(out.values()[0] / 32);
  }
  EXPECT_EQ(last_warp.size(), 2U);
}

TEST_F(CollectivesTest, BlocksRunInDifferentOrdersInDifferentSchedules) {
  std::set<int> last_block;
  for (int seed = 0; seed < kSchedules; ++seed) {
    emulation::set_schedule(seed);
    const DeviceArray<int> out(1);
    ASSERT_EQ(launch({4, 32}, race_of_blocks, out.data()), cudaSuccess);
    last_block.insert(out.values()[0]);
  }
  EXPECT_EQ(last_block.size(), 4U);
}

TEST_F(CollectivesTest, TheSameSeedGivesTheSameSchedule) {
  const auto run = [] {
    emulation::set_schedule(7);
    const DeviceArray<int> out(1);
    EXPECT_EQ(launch({3, 640}, race, out.data()), cudaSuccess);
    return out.values();
  };
  EXPECT_EQ(run(), run());
}

TEST_F(CollectivesTest, ShufflesExchangeAmongTheLanesOfAWarp) {
  const DeviceArray<Exchanges> out(32);
  ASSERT_EQ(launch({1, 32}, exchange, out.data()), cudaSuccess);
  const std::vector<Exchanges> values = out.values();
  for (int lane = 0; lane < 32; ++lane) {
    const Exchanges& x = values[static_cast<std::size_t>(lane)];
    EXPECT_EQ(x.broadcast, 5);
    EXPECT_EQ(x.up, lane < 3 ? lane : lane - 3);
    EXPECT_EQ(x.down, lane > 28 ? lane : lane + 3);
    EXPECT_EQ(x.exclusive_or, lane ^ 6);
    EXPECT_EQ(x.in_group, lane % 8 > 4 ? lane : lane + 3);
    EXPECT_EQ(x.as_double, 31.5);
    EXPECT_EQ(x.as_long, 1ULL << 7);  // the source's number is taken modulo the width
  }
}

TEST_F(CollectivesTest, VotesCountTheirThreads) {
  const DeviceArray<unsigned> out(64 * 8);
  ASSERT_EQ(launch({1, 64}, vote, out.data()), cudaSuccess);
  const std::vector<unsigned> values = out.values();
  for (unsigned t = 0; t < 64; ++t) {
    const bool second_warp = t >= 32;
    const std::vector<unsigned> votes(values.begin() + t * 8, values.begin() + (t + 1) * 8);
    EXPECT_EQ(votes, (std::vector<unsigned>{second_warp ? 0x92492492 : 0x49249249, second_warp,
                                            !second_warp, 22, 1, 0, 1, 0}))
        << "thread " << t;
  }
}

TEST_F(CollectivesTest, HalvesOfAWarpShuffleApart) {
  for (int seed = 0; seed < kSchedules; ++seed) {
    emulation::set_schedule(seed);
    const DeviceArray<int> out(2);
    ASSERT_EQ(launch({1, 32}, half_warp_sum, out.data()), cudaSuccess);
    EXPECT_EQ(out.values(), (std::vector<int>{120, 376}));
  }
}

TEST_F(CollectivesTest, AtomicsLoseNothing) {
  for (int seed = 0; seed < kSchedules; ++seed) {
    emulation::set_schedule(seed);
    const DeviceArray<unsigned> out({0, 1000, 0, 0, ~0U, 0, 0, 0});
    ASSERT_EQ(launch({3, 50}, use_atomics, out.data()), cudaSuccess);
    std::vector<unsigned> values = out.values();
    EXPECT_GE(values[6], 1U);  // whoever came first
    EXPECT_LE(values[6], 150U);
    values[6] = 0;
    EXPECT_EQ(values, (std::vector<unsigned>{300, 0, 149, ~0U, 0, 0, 0, 7}));
  }
}

TEST_F(CollectivesTest, BlocksOfACooperativeGridMeet) {
  constexpr int kBlocks = 6, kSize = 1000;
  const DeviceArray<int> in(counting(kSize));
  for (int seed = 0; seed < kSchedules; ++seed) {
    emulation::set_schedule(seed);
    const DeviceArray<int> out(1), partial(kBlocks);
    ASSERT_EQ(launch_cooperatively({kBlocks, kBlock}, grid_sum, out.data(), partial.data(),
                                   in.data(), kSize),
              cudaSuccess);
    EXPECT_EQ(out.values()[0], kSize * (kSize - 1) / 2);
  }
}

TEST_F(CollectivesTest, TheLastBlockFindsWhatTheOthersWrote) {
  constexpr int kBlocks = 6, kSize = 1000;
  const DeviceArray<int> in(counting(kSize));
  const DeviceArray<unsigned> done(std::vector<unsigned>{0});
  for (int seed = 0; seed < kSchedules; ++seed) {
    emulation::set_schedule(seed);
    const DeviceArray<int> out(1), partial(kBlocks);
    ASSERT_EQ(launch({kBlocks, kBlock}, last_block_sum, out.data(), partial.data(), done.data(),
                     in.data(), kSize),
              cudaSuccess);
    EXPECT_EQ(out.values()[0], kSize * (kSize - 1) / 2);
  }
}

// How the kernel fails, schedule by schedule.
template <class... P, class... A>
std::vector<std::string> failures_of(const Shape& shape, void (*kernel)(P...), A... arguments) {
  std::vector<std::string> lines;
  for (int seed = 0; seed < kSchedules; ++seed) {
    emulation::set_schedule(seed);
    lines.push_back(failure_of([&] {
      EXPECT_EQ(launch(shape, kernel, arguments...), cudaSuccess);
      cudaDeviceSynchronize();
    }));
  }
  return lines;
}

TEST_F(CollectivesTest, ADivergentBarrierIsFound) {
  const auto lines = failures_of({1, 64}, diverge, 32);
  EXPECT_THAT(lines,
              Each(HasSubstr("kernel emulation_test::diverge(int), block (0,0,0), thread (")));
  EXPECT_THAT(lines, Each(HasSubstr("divergent barrier: __syncthreads (wrong.cu:")));
}

TEST_F(CollectivesTest, ABarrierThatSomeThreadsNeverReachIsFound) {
  EXPECT_THAT(failures_of({1, 64}, return_early, 1), Each(HasSubstr("divergent barrier")));
  EXPECT_THAT(failures_of({1, 64}, return_early, 63), Each(HasSubstr("divergent barrier")));
  EXPECT_THAT(failures_of({1, 64}, return_early, 0), Each(""));
}

TEST_F(CollectivesTest, ADeadlockIsToldWithWhereItsThreadsWait) {
  const auto lines = failures_of({1, 32}, wait_for_each_other);
  EXPECT_THAT(lines, Each(HasSubstr("deadlock: 31 wait at __syncthreads (wrong.cu:")));
  EXPECT_THAT(lines, Each(HasSubstr("1 wait at __syncwarp (wrong.cu:")));
}

TEST_F(CollectivesTest, AShuffleReadsOnlyLanesThatTakePart) {
  const DeviceArray<int> out(32);
  EXPECT_THAT(failures_of({1, 32}, shuffle_from_returned_lane, out.data()),
              Each(HasSubstr("reads lane 7, which takes no part")));
  EXPECT_THAT(failures_of({1, 32}, shuffle_without_own_lane, out.data()),
              Each(HasSubstr("is not in its own mask 0x0000ffff")));
}

TEST_F(CollectivesTest, AWarpDoesNotWaitForLanesThatHaveReturned) {
  const DeviceArray<unsigned> out(64);
  EXPECT_THAT(failures_of({1, 40}, vote_without_last_lane, out.data()), Each(""));
  const std::vector<unsigned> values = out.values();
  EXPECT_EQ(values[0], 0x7fffffffU);
  EXPECT_EQ(values[32], 0x000000ffU);
}

TEST_F(CollectivesTest, AGridThatIsNotCooperativeHasNoBarrier) {
  EXPECT_THAT(failures_of({2, 32}, sync_grid), Each(HasSubstr("not cooperative")));
}

TEST_F(CollectivesTest, KernelsRunAgainAfterAFailure) {
  EXPECT_THAT(failures_of({1, 64}, diverge, 32), Each(Ne("")));
  const DeviceArray<int> in(counting(kBlock)), out(1);
  ASSERT_EQ(launch({1, kBlock}, block_sum, out.data(), in.data()), cudaSuccess);
  EXPECT_EQ(out.values(), sums_of_blocks(1));
}

}  // namespace
}  // namespace emulation_test
