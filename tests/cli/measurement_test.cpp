#include "bench/measurement.h"

#include <numeric>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bench/batch_sweep.h"
#include "bench/bench_text.h"
#include "bench/flops.h"
#include "bench/phases.h"
#include "bench/process_age.h"
#include "support/idx_files.h"

namespace kilat {
namespace {

using testing::ElementsAre;
using testing::Pair;

TEST(FlopsTest, TheFirstLayerNeedsNoGradientOfItsInput) {
  EXPECT_EQ(training_flops(make_network({784, 10})), 4.0 * 784 * 10);
  EXPECT_EQ(training_flops(make_network({784, 512, 10})), 4.0 * 784 * 512 + 6.0 * 512 * 10);
  EXPECT_EQ(training_flops(make_network({3, 4, 5, 6})), 4.0 * 12 + 6.0 * 20 + 6.0 * 30);
}

PhaseSeconds phases(double gather, double forward, double backward, double update) {
  return {99, gather, forward, backward, update};
}

TEST(PhasesTest, EachHasItsName) {
  EXPECT_THAT(
      named_phases(phases(1, 2, 3, 4)),
      ElementsAre(Pair("gather", 1), Pair("forward", 2), Pair("backward", 3), Pair("update", 4)));
}

TEST(PhasesTest, FusedOnesGoUnderAJointName) {
  EXPECT_THAT(named_phases(phases(1, 2, 3, 0)),
              ElementsAre(Pair("gather", 1), Pair("forward", 2), Pair("backward+update", 3)));
  EXPECT_THAT(named_phases(phases(0, 2, 3, 4)),
              ElementsAre(Pair("gather+forward", 2), Pair("backward", 3), Pair("update", 4)));
  EXPECT_THAT(named_phases(phases(1, 2, 0, 0)),
              ElementsAre(Pair("gather", 1), Pair("forward+backward+update", 2)));
  EXPECT_THAT(named_phases(phases(0, 0, 3, 0)),
              ElementsAre(Pair("gather+forward+backward+update", 3)));
}

TEST(PhasesTest, OtherIsWhatIsInNoneOfThem) {
  EXPECT_THAT(with_other({{"forward", 1}, {"backward", 2}}, 3.5),
              ElementsAre(Pair("forward", 1), Pair("backward", 2), Pair("other", 0.5)));
}

TEST(SweepTest, BatchesArePowersOfTwoFrom32AndTheFullSet) {
  EXPECT_THAT(sweep_batches(300), ElementsAre(32, 64, 128, 256, 300));
  EXPECT_THAT(sweep_batches(64), ElementsAre(32, 64));
  EXPECT_THAT(sweep_batches(32), ElementsAre(32));
  EXPECT_THAT(sweep_batches(5), ElementsAre(5));
}

std::string overtaking(std::vector<SweepPoint> points) {
  return overtaking_text(points, {"cpu", "gpu"});
}

TEST(SweepTest, TheSecondDeviceOvertakesWhereItLeadsForGood) {
  EXPECT_EQ(overtaking({{32, {9, 1}}, {64, {9, 10}}, {128, {9, 20}}}),
            "gpu overtakes cpu at batch 64");
  EXPECT_EQ(overtaking({{32, {9, 10}}, {64, {9, 8}}, {128, {9, 20}}}),
            "gpu overtakes cpu at batch 128");
  EXPECT_EQ(overtaking({{32, {9, 10}}, {64, {9, 20}}}),
            "gpu is faster than cpu at every batch size");
  EXPECT_THAT(overtaking({{32, {9, 10}}, {64, {9, 9}}}), testing::HasSubstr("does not overtake"));
}

Measurement fast(const char* device, double samples_per_second) {
  Measurement m;
  m.device.name = device;
  m.samples_per_second = samples_per_second;
  return m;
}

TEST(BenchReportTest, TheFasterDeviceIsNamedFirst) {
  EXPECT_EQ(comparison_text(fast("cpu", 100), fast("cuda:0", 1234)),
            "cuda:0 is 12.3 times as fast as cpu");
  EXPECT_EQ(comparison_text(fast("cpu", 250), fast("cuda:0", 100)),
            "cpu is 2.50 times as fast as cuda:0");
}

TEST(BenchReportTest, ClocksAndWhatHoldsThemDownAreToldWhereThereIsAGpu) {
  Measurement m = fast("cuda:0", 100);
  m.clocks = GpuClocks{1500, 1980, {"the power limit"}};
  const std::string text = bench_text(Workload{{}, {}, make_network({4, 2})}, {{m, {}}}, false);
  EXPECT_THAT(text, testing::HasSubstr("cuda:0 ran at 1500 of 1980 MHz\n"
                                       "  held down by the power limit\n"));
}

TEST(BenchReportTest, TheClocksOfAStepAreToldWhereTheyAreAskedFor) {
  Measurement m = fast("cuda:0", 100);
  m.step_clocks = {{"forward", 1500}, {"exchange", 500}};
  const Workload work{{}, {}, make_network({4, 2})};
  EXPECT_THAT(bench_text(work, {{m, {}}}, true),
              testing::ContainsRegex("clocks of a step, of the first block\n"
                                     "  forward +1,500 +75 %\n"
                                     "  exchange +500 +25 %\n"));
  EXPECT_THAT(bench_text(work, {{m, {}}}, false), testing::Not(testing::HasSubstr("clocks of")));
}

Workload tiny_work(float learning_rate = 0.1F) {
  Workload work;
  work.recipe.hidden = {4};
  work.recipe.batch = 16;
  work.recipe.learning_rate = learning_rate;
  work.data.train = make_dataset(40, {20}, 3);
  work.data.test = make_dataset(10, {20}, 3);
  work.network = initial_network(work.recipe, work.data.train);
  return work;
}

TEST(MeasurementTest, EveryPhaseTakesTime) {
  const Measurement m = measure(tiny_work(), choose_device("cpu", 1), {1, 4, 0, 0}, 2);
  EXPECT_EQ(m.epoch_seconds.size(), 4U);
  EXPECT_EQ(m.batch, 16U);
  EXPECT_GT(m.cold_start_seconds, 2);
  EXPECT_THAT(m.phases,
              ElementsAre(Pair("gather", testing::Gt(0)), Pair("forward", testing::Gt(0)),
                          Pair("backward+update", testing::Gt(0)),
                          Pair("evaluation", testing::Gt(0)), Pair("other", testing::Gt(0))));
  EXPECT_FALSE(m.clocks.has_value());
}

TEST(MeasurementTest, ATallBatchIsUpdatedAfterItsSlices) {
  for (const int threads : {1, 2}) {
    Workload work = tiny_work();
    work.data.train = make_dataset(2000, {20}, 3);
    work.recipe.batch = 0;
    const Measurement m = measure(work, choose_device("cpu", threads), {1, 4, 0, 0}, 2);
    EXPECT_THAT(m.phases,
                ElementsAre(Pair("gather", testing::Gt(0)), Pair("forward", testing::Gt(0)),
                            Pair("backward", testing::Gt(0)), Pair("update", testing::Gt(0)),
                            Pair("evaluation", testing::Gt(0)), Pair("other", testing::Gt(0))));
  }
}

TEST(MeasurementTest, FiguresFollowFromTheMedianEpoch) {
  const Workload work = tiny_work();
  const Measurement m = measure_epochs(work, choose_device("cpu", 1), {0, 5, 0, 0});
  ASSERT_EQ(m.epoch_seconds.size(), 5U);
  EXPECT_DOUBLE_EQ(m.epoch.median, quantile(m.epoch_seconds, 0.5));
  EXPECT_DOUBLE_EQ(m.samples_per_second, 40 / m.epoch.median);
  EXPECT_DOUBLE_EQ(m.gflops, m.samples_per_second * training_flops(work.network) / 1e9);
}

TEST(MeasurementTest, WithoutANumberOfEpochsThereAreAsManyAndAsLongAsPlanned) {
  const Device device = choose_device("cpu", 1);
  EXPECT_EQ(measure_epochs(tiny_work(), device, {0, 0, 6, 0}).epoch_seconds.size(), 6U);
  const auto times = measure_epochs(tiny_work(), device, {0, 0, 1, 0.05}).epoch_seconds;
  EXPECT_GE(std::accumulate(times.begin(), times.end(), 0.0), 0.05);
}

TEST(ProcessAgeTest, ItRises) {
  const double before = process_age();
  EXPECT_GE(before, 0);
  EXPECT_LT(before, 24 * 3600);
  EXPECT_GE(process_age(), before);
}

}  // namespace
}  // namespace kilat
