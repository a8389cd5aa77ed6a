// What a Cpu does to the threads it uses, and how many it has.
#include <algorithm>
#include <filesystem>
#include <set>

#if defined(__SSE2__)
#include <xmmintrin.h>
#endif
#include <omp.h>

#include "ops/op_test.h"
#include "train/agreement.h"

namespace kilat {
namespace {

// The ids of the process's threads.
std::set<std::string> tasks() {
  std::set<std::string> ids;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task")) {
    ids.insert(entry.path().filename());
  }
  return ids;
}

std::size_t new_tasks(const std::set<std::string>& before) {
  const std::set<std::string> now = tasks();
  return static_cast<std::size_t>(
      std::count_if(now.begin(), now.end(), [&](const auto& id) { return !before.contains(id); }));
}

TEST(CpuTest, ATrainerAndAClassifierHaveTheThreadsAskedFor) {
  const Dataset data = stripes(20, 8, 2, 1);
  for (const int threads : {1, 2, 5}) {
    const Device device = choose_device("cpu", threads);
    const auto others = static_cast<std::size_t>(threads) - 1;  // than the caller
    const auto before = tasks();
    const auto trainer = trainer_of(device, tiny_recipe(), data);
    EXPECT_EQ(new_tasks(before), others);
    const auto before_classifier = tasks();
    const auto classifier = make_classifier(device, initial_network(tiny_recipe(), data));
    EXPECT_EQ(new_tasks(before_classifier), others);
  }
}

// Stripes on a background of zeros.
Dataset sparse_stripes(std::size_t features) {
  Dataset data = stripes(200, features, 4, 1);
  for (std::size_t i = 0; i < data.pixels.size(); ++i) {
    if (i * 7919 % 1000 < 700) data.pixels[i] = 0;
  }
  return data;
}

TEST(CpuTest, AgreesWithReferenceOnImagesThatAreMostlyZero) {
  for (const std::size_t batch : {16, 0}) {
    Recipe r = nesterov_recipe();
    r.batch = batch;
    r.epochs = 100;
    for (const int threads : {1, 3}) {
      expect_agreement(choose_device("cpu", threads), r, sparse_stripes(420), 12);
    }
  }
}

// Each sum is in an order of its own, whoever makes it.
TEST(CpuTest, MiniBatchesOfOneHiddenLayerHaveTheSameBitsOnAnyNumberOfThreads) {
  for (const std::size_t units : {7, 40, 100, 300}) {
    Recipe r = tiny_recipe();
    r.hidden = {units};
    r.batch = 48;
    r.momentum = 0.9F;
    const Dataset data = sparse_stripes(420);
    for (const FirstLayer way : {FirstLayer::fp32, FirstLayer::whole}) {
      r.first_layer = way;
      const Device one = choose_device("cpu", 1);
      ASSERT_FALSE(bits_depend_on_threads(one, r, initial_network(r, data), data));
      const auto wanted = parameters_after(one, r, data, 10);
      for (const int threads : {2, 3, 4}) {
        EXPECT_EQ(parameters_after(choose_device("cpu", threads), r, data, 10), wanted)
            << units << " units on " << threads;
      }
    }
  }
}

TEST(CpuTest, BitsMayDependOnThreadsInLargeBatchesAndDeepNetworks) {
  const Dataset data = stripes(600, 20, 4, 1);
  const auto depend = [&](const char* device, std::size_t batch, std::vector<std::size_t> hidden) {
    Recipe r = tiny_recipe();
    r.batch = batch;
    r.hidden = std::move(hidden);
    return bits_depend_on_threads(choose_device(device, 1), r, initial_network(r, data), data);
  };
  EXPECT_TRUE(depend("cpu", 512, {10}));
  EXPECT_TRUE(depend("cpu", 48, {10, 10}));
  EXPECT_FALSE(depend("portable", 0, {10, 10}));
  if (has_amx()) return;  // whose order is that of tiles
  EXPECT_FALSE(depend("cpu", 511, {10}));
  EXPECT_FALSE(depend("cpu", 511, {}));
  EXPECT_TRUE(depend("cpu", 0, {10}));
}

// oneDNN asks OpenMP for the number of threads to plan for.
TEST(CpuTest, AProductLeavesEachThreadsOpenMPSetting) {
  Cpu cpu(3);
  const int callers = omp_get_max_threads();
  std::vector<int> after(3);
  cpu.slices({3, 1}, 3, [&](Slice slice) {
    omp_set_num_threads(7);
    const auto a = buffer_of(cpu, Values(12, 1));
    auto c = cpu.buffer<float>(9);
    cpu.gemm({c.data(), 3, 3}, {a.data(), 3, 4}, {a.data(), 4, 3}, false);
    after[slice.worker] = omp_get_max_threads();
  });
  EXPECT_EQ(after, std::vector<int>(3, 7));
  omp_set_num_threads(callers);
}

#if defined(__SSE2__)
bool flushes_subnormals() {
  const volatile float smallest = std::numeric_limits<float>::min();
  const volatile float quarter = 0.25F;
  return smallest * quarter == 0;
}

TEST(CpuTest, FlushesSubnormalsInTheCallerWhileItLivesAndInItsMembers) {
  constexpr unsigned kDefault = 0x1F80;
  constexpr unsigned kRoundDown = 0x2000;  // a setting of the caller's own
  _mm_setcsr(kDefault | kRoundDown);
  ASSERT_FALSE(flushes_subnormals());
  {
    const Cpu cpu(3);
    EXPECT_TRUE(flushes_subnormals());
    std::vector<int> flushed(3);
    cpu.slices({3, 1}, 3, [&](Slice slice) { flushed[slice.worker] = flushes_subnormals(); });
    EXPECT_EQ(flushed, std::vector<int>(3, 1));
  }
  constexpr unsigned kExceptionsSeen = 0x3F;
  EXPECT_EQ(_mm_getcsr() & ~kExceptionsSeen, kDefault | kRoundDown);
  _mm_setcsr(kDefault);
}
#endif

}  // namespace
}  // namespace kilat
