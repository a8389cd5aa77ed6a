// parallel_workers, and what a Cpu does to the threads it uses.
#include "backend/cpu/parallel.h"

#include <atomic>
#include <stdexcept>

#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

#include "ops/op_test.h"
#include "train/agreement.h"

namespace kilat {
namespace {

// How often each of `threads` workers ran.
std::vector<int> runs_of_workers(std::size_t threads) {
  std::vector<std::atomic<int>> runs(threads);
  parallel_workers(threads, [&](std::size_t w) { ++runs[w]; });
  return {runs.begin(), runs.end()};
}

std::vector<int> once_each(std::size_t threads) { return std::vector<int>(threads, 1); }

TEST(ParallelTest, EveryWorkerRunsOnce) {
  for (const std::size_t threads : {1, 2, 3, 8}) {
    EXPECT_EQ(runs_of_workers(threads), once_each(threads));
  }
}

TEST(ParallelTest, EveryWorkerRunsOnceWhereOpenMPMayGiveFewerThreads) {
  const int before = omp_get_dynamic();
  omp_set_dynamic(1);
  EXPECT_EQ(runs_of_workers(100), once_each(100));
  omp_set_dynamic(before);
}

// OpenMP gives a nested region one thread.
TEST(ParallelTest, EveryWorkerRunsOnceInsideATeam) {
  std::vector<std::vector<int>> runs(2);
  parallel_workers(2, [&](std::size_t w) { runs[w] = runs_of_workers(3); });
  EXPECT_EQ(runs[0], once_each(3));
  EXPECT_EQ(runs[1], once_each(3));
}

TEST(ParallelTest, AWorkerKnowsItsIndexWhileItRuns) {
  std::vector<std::size_t> inside(3, 99), after_nesting(3, 99);
  parallel_workers(3, [&](std::size_t w) {
    if (current_worker.in_team) inside[w] = current_worker.index;
    parallel_workers(2, [](std::size_t) {});
    after_nesting[w] = current_worker.index;
  });
  EXPECT_EQ(inside, (std::vector<std::size_t>{0, 1, 2}));
  EXPECT_EQ(after_nesting, inside);
  EXPECT_FALSE(current_worker.in_team);
}

TEST(ParallelTest, WhatAWorkerThrowsIsThrownOnAfterTheOthersHaveRun) {
  for (const std::size_t thrower : {0, 1, 2}) {
    std::vector<std::atomic<int>> runs(3);
    const auto run = [&] {
      parallel_workers(3, [&](std::size_t w) {
        ++runs[w];
        if (w == thrower) throw std::runtime_error("thrown by a worker");
      });
    };
    EXPECT_THROW(run(), std::runtime_error);
    EXPECT_EQ(std::vector<int>(runs.begin(), runs.end()), once_each(3));
    EXPECT_FALSE(current_worker.in_team);
  }
}

TEST(ParallelTest, RangesCoverEveryIndexOnce) {
  for (const std::size_t n : {0, 1, 9, 10, 31, 100}) {
    std::vector<std::atomic<int>> visits(n);
    parallel_ranges(3, n, 10, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) ++visits[i];
    });
    EXPECT_EQ(std::vector<int>(visits.begin(), visits.end()), once_each(n)) << n;
  }
}

TEST(ParallelTest, AWorkerThatIsOneOfATeamKeepsItsRangeWhole) {
  std::atomic<int> parts = 0;
  parallel_workers(2, [&](std::size_t) {
    parallel_ranges(2, 100, 10, [&](std::size_t, std::size_t) { ++parts; });
  });
  EXPECT_EQ(parts, 2);
}

TEST(CpuTest, RestoresTheCallersNumberOfThreads) {
  const int before = omp_get_max_threads();
  { const Cpu cpu(before + 1); }
  EXPECT_EQ(omp_get_max_threads(), before);
}

TEST(CpuTest, ATrainerAndAClassifierHaveTheThreadsAskedFor) {
  const int before = omp_get_max_threads();
  const Device device = choose_device("cpu", before + 1);
  const Dataset data = stripes(20, 8, 2, 1);
  {
    const auto trainer = trainer_of(device, tiny_recipe(), data);
    EXPECT_EQ(omp_get_max_threads(), before + 1);
  }
  const auto classifier = make_classifier(device, initial_network(tiny_recipe(), data));
  EXPECT_EQ(omp_get_max_threads(), before + 1);
}

TEST(CpuTest, AProductInAWorkerLeavesItsNumberOfThreads) {
  Cpu cpu(3);
  std::vector<int> before(3), after(3);
  parallel_workers(3, [&](std::size_t w) {
    const auto a = buffer_of(cpu, Values(12, 1));
    auto c = cpu.buffer<float>(9);
    before[w] = omp_get_max_threads();
    cpu.gemm({c.data(), 3, 3}, {a.data(), 3, 4}, {a.data(), 4, 3}, false);
    after[w] = omp_get_max_threads();
  });
  EXPECT_EQ(before, std::vector<int>(3, 3));
  EXPECT_EQ(after, before);
}

#if defined(__SSE2__)
bool flushes_subnormals() {
  const volatile float smallest = std::numeric_limits<float>::min();
  const volatile float quarter = 0.25F;
  return smallest * quarter == 0;
}

TEST(CpuTest, FlushesSubnormalsInTheCallerWhileItLivesAndInItsWorkers) {
  constexpr unsigned kDefault = 0x1F80;
  constexpr unsigned kRoundDown = 0x2000;  // a setting of the caller's own
  parallel_workers(3, [](std::size_t) { _mm_setcsr(kDefault); });
  _mm_setcsr(kDefault | kRoundDown);
  ASSERT_FALSE(flushes_subnormals());
  {
    const Cpu cpu(3);
    EXPECT_TRUE(flushes_subnormals());
    std::vector<int> flushed(3);
    parallel_workers(3, [&](std::size_t w) { flushed[w] = flushes_subnormals(); });
    EXPECT_EQ(flushed, std::vector<int>(3, 1));
  }
  constexpr unsigned kExceptionsSeen = 0x3F;
  EXPECT_EQ(_mm_getcsr() & ~kExceptionsSeen, kDefault | kRoundDown);
  _mm_setcsr(kDefault);
}
#endif

}  // namespace
}  // namespace kilat
