// Clusters, copies that arrive by themselves, words with a tag, barriers with a name.
#include <gmock/gmock.h>

#include "emulation_test.h"
#include "kernels/kernels.h"

namespace emulation_test {
namespace {

using testing::Each;
using testing::HasSubstr;

class ClustersTest : public EmulationTest {
 protected:
  static constexpr unsigned kCluster = 4, kGrid = 12;

  // Whether some schedule ends with these words; without words, with another result or a deadlock.
  static bool is_found(Flaw flaw, const std::string& words) {
    for (int seed = 0; seed < kSchedules; ++seed) {
      emulation::set_schedule(static_cast<std::uint64_t>(seed));
      std::vector<int> got = sums_wanted();
      const std::string failure = failure_of([&] { got = sums(flaw); });
      const bool shows = words.empty() ? got != sums_wanted() || !failure.empty()
                                       : failure.find(words) != std::string::npos;
      if (shows) return true;
    }
    return false;
  }
  static std::vector<int> sums(Flaw flaw) {
    const DeviceArray<int> in(counting(kGrid)), out(kGrid);
    EXPECT_EQ(
        launch_clusters(kCluster, {kGrid, 64, 1024}, sum_in_cluster, out.data(), in.data(), flaw),
        cudaSuccess);
    cudaDeviceSynchronize();
    return out.values();
  }
  static std::vector<int> sums_wanted() {
    std::vector<int> wanted;
    for (int block = 0; block < static_cast<int>(kGrid); ++block)
      wanted.push_back(block / 4 * 16 + 6);
    return wanted;
  }
};

TEST_F(ClustersTest, BlocksSendToEachOtherUnderEverySchedule) {
  for (int seed = 0; seed < kSchedules; ++seed) {
    emulation::set_schedule(static_cast<std::uint64_t>(seed));
    ASSERT_EQ(sums(Flaw::none), sums_wanted()) << seed;
  }
}

TEST_F(ClustersTest, FlawsAreFound) {
  EXPECT_TRUE(is_found(Flaw::no_barrier, "not begun"));
  EXPECT_TRUE(is_found(Flaw::read_before_arrival, ""));
  EXPECT_TRUE(is_found(Flaw::too_few_bytes, ""));
  EXPECT_TRUE(is_found(Flaw::too_many_bytes, "deadlock"));
  EXPECT_TRUE(is_found(Flaw::one_arrival_too_many, "more threads arrive"));
  EXPECT_TRUE(is_found(Flaw::not_begun, "not begun"));
  EXPECT_TRUE(is_found(Flaw::source_reused, ""));
  EXPECT_TRUE(is_found(Flaw::block_ends_early, "has ended"));
  EXPECT_TRUE(is_found(Flaw::beyond_the_cluster, "block 4 of a cluster of 4"));
  EXPECT_TRUE(is_found(Flaw::odd_bytes, "multiples of 16"));
}

TEST_F(ClustersTest, SizesAreThoseOfTheDevice) {
  const DeviceArray<int> in(32), out(32);
  const auto launch_of = [&](unsigned cluster, unsigned grid) {
    return launch_clusters(cluster, {grid, 64, 1024}, sum_in_cluster, out.data(), in.data(),
                           Flaw::none);
  };
  EXPECT_EQ(launch_of(8, 16), cudaSuccess);
  EXPECT_EQ(launch_of(8, 12), cudaErrorInvalidClusterSize);
  EXPECT_EQ(launch_of(16, 16), cudaErrorInvalidClusterSize);
  EXPECT_EQ(cudaFuncSetAttribute(sum_in_cluster, cudaFuncAttributeNonPortableClusterSizeAllowed, 1),
            cudaSuccess);
  EXPECT_EQ(launch_of(16, 16), cudaSuccess);
  EXPECT_EQ(cudaDeviceSynchronize(), cudaSuccess);
  emulation::set_compute_capability(8, 0);
  EXPECT_EQ(launch_of(2, 16), cudaErrorInvalidClusterSize);
  EXPECT_EQ(cudaFuncSetAttribute(sum_in_cluster, cudaFuncAttributeNonPortableClusterSizeAllowed, 1),
            cudaErrorNotSupported);
}

TEST_F(ClustersTest, HowManyFitFollowsFromTheirSharedMemory) {
  cudaLaunchAttribute attribute = {};
  attribute.id = cudaLaunchAttributeClusterDimension;
  attribute.val.clusterDim = {8, 1, 1};
  cudaLaunchConfig_t config = {};
  config.blockDim = 64;
  config.dynamicSmemBytes = 200 << 10;
  config.attrs = &attribute;
  config.numAttrs = 1;
  int clusters = 0;
  EXPECT_EQ(cudaOccupancyMaxActiveClusters(&clusters, sum_in_cluster, &config), cudaSuccess);
  EXPECT_EQ(clusters, 4);
  config.dynamicSmemBytes = 100 << 10;
  EXPECT_EQ(cudaOccupancyMaxActiveClusters(&clusters, sum_in_cluster, &config), cudaSuccess);
  EXPECT_EQ(clusters, 8);
}

class CopiesTest : public EmulationTest {
 protected:
  static constexpr int kRows = 7, kBlocks = 3, kRow = 64;

  static std::vector<int> doubled(Flaw flaw) {
    const DeviceArray<int> in(counting(kBlocks * kRows * kRow)), out(kBlocks * kRows * kRow);
    EXPECT_EQ(launch({kBlocks, 64, 1024}, double_rows, out.data(), in.data(), kRows, flaw),
              cudaSuccess);
    cudaDeviceSynchronize();
    return out.values();
  }
  static std::vector<int> wanted() {
    std::vector<int> numbers = counting(kBlocks * kRows * kRow);
    for (int& x : numbers) x *= 2;
    return numbers;
  }
};

TEST_F(CopiesTest, RowsComeThroughTwoBuffersUnderEverySchedule) {
  for (int seed = 0; seed < kSchedules; ++seed) {
    emulation::set_schedule(static_cast<std::uint64_t>(seed));
    ASSERT_EQ(doubled(Flaw::none), wanted()) << seed;
  }
}

TEST_F(CopiesTest, FlawsAreFound) {
  for (const Flaw flaw : {Flaw::read_before_arrival, Flaw::source_reused}) {
    bool found = false;
    for (int seed = 0; seed < kSchedules && !found; ++seed) {
      emulation::set_schedule(static_cast<std::uint64_t>(seed));
      found = !failure_of([&] { found = doubled(flaw) != wanted(); }).empty() || found;
    }
    EXPECT_TRUE(found) << static_cast<int>(flaw);
  }
}

TEST_F(CopiesTest, NeedHopper) {
  emulation::set_compute_capability(8, 9);
  EXPECT_THAT(failure_of([] { doubled(Flaw::none); }), HasSubstr("before compute capability 9.0"));
}

TEST_F(ClustersTest, WordsReachEveryBlock) {
  constexpr unsigned kBlocks = 6;
  const DeviceArray<int> in(counting(kBlocks)), out(kBlocks);
  for (int seed = 0; seed < kSchedules; ++seed) {
    emulation::set_schedule(static_cast<std::uint64_t>(seed));
    const DeviceArray<unsigned long> words(std::vector<unsigned long>(kBlocks, 0));
    ASSERT_EQ(launch_cooperatively({kBlocks, 64}, sum_by_words, out.data(), in.data(), words.data(),
                                   Flaw::none),
              cudaSuccess);
    ASSERT_THAT(out.values(), Each(15)) << seed;
  }
  const DeviceArray<unsigned long> words(std::vector<unsigned long>(kBlocks, 0));
  EXPECT_THAT(failure_of([&] {
                launch_cooperatively({kBlocks, 64}, sum_by_words, out.data(), in.data(),
                                     words.data(), Flaw::lost_word);
                cudaDeviceSynchronize();
              }),
              HasSubstr("deadlock: 6 wait at a barrier's bytes or a word"));
}

TEST_F(ClustersTest, ThreadsMeetByName) {
  const DeviceArray<int> out(128);
  for (int seed = 0; seed < kSchedules; ++seed) {
    emulation::set_schedule(static_cast<std::uint64_t>(seed));
    ASSERT_EQ(launch({1, 128, 1024}, meet_by_name, out.data(), 64U), cudaSuccess);
    for (int t = 0; t < 128; ++t)
      ASSERT_EQ(out.values()[static_cast<std::size_t>(t)], t + (t ^ 32) + 4);
  }
  const auto failure = [&](unsigned threads) {
    return failure_of([&] {
      launch({1, 128, 1024}, meet_by_name, out.data(), threads);
      cudaDeviceSynchronize();
    });
  };
  EXPECT_THAT(failure(96), HasSubstr("deadlock"));
  EXPECT_THAT(failure(40), HasSubstr("threads come in warps"));
}

}  // namespace
}  // namespace emulation_test
