#include "train/schedule.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "support/expect_error.h"

namespace kilat {
namespace {

Recipe recipe(std::size_t batch, std::size_t epochs, std::size_t iterations) {
  Recipe r;
  r.batch = batch;
  r.epochs = epochs;
  r.iterations = iterations;
  r.learning_rate = 0.5F;
  return r;
}

TEST(RunLengthTest, CountsTheShortLastBatch) {
  EXPECT_EQ(run_length(recipe(30, 2, 0), 100).iterations_per_epoch, 4U);
  EXPECT_EQ(run_length(recipe(30, 2, 0), 100).iterations, 8U);
  EXPECT_EQ(run_length(recipe(25, 2, 0), 100).iterations, 8U);
}

TEST(RunLengthTest, AFullBatchIsAnEpochAnIteration) {
  EXPECT_EQ(run_length(recipe(0, 7, 0), 100).iterations, 7U);
  EXPECT_EQ(run_length(recipe(1000, 7, 0), 100).iterations, 7U);
}

TEST(RunLengthTest, AShortTimeIsAsMuchWorkWhateverTheShape) {
  EXPECT_EQ(steps_in_short_time(std::size_t{1} << 20, 1 << 10), 8U);
  EXPECT_EQ(steps_in_short_time(std::size_t{1} << 10, 1 << 20), 8U);
  EXPECT_EQ(steps_in_short_time(std::size_t{1} << 40, 1), 1U);
}

TEST(RunLengthTest, TheFirstOfEpochsAndIterationsEndsIt) {
  EXPECT_EQ(run_length(recipe(50, 10, 5), 100).iterations, 5U);
  EXPECT_EQ(run_length(recipe(50, 2, 50), 100).iterations, 4U);
  const std::size_t endless = std::numeric_limits<std::size_t>::max();
  EXPECT_EQ(run_length(recipe(50, endless, 50), 100).iterations, 50U);
  EXPECT_EQ(run_length(recipe(50, 0, 0), 100).iterations, 0U);
}

TEST(RunLengthTest, RefusesARunWithoutEnd) {
  const std::size_t endless = std::numeric_limits<std::size_t>::max();
  EXPECT_THROW(run_length(recipe(50, endless, 0), 100), Error);
}

TEST(RunLengthTest, AllowsAsManyIterationsAsATableHolds) {
  constexpr std::size_t kMost = std::size_t{1} << 28;
  EXPECT_EQ(run_length(recipe(0, kMost, 0), 100).iterations, kMost);
  EXPECT_THROW(run_length(recipe(0, kMost + 1, 0), 100), Error);
  EXPECT_THROW(run_length(recipe(0, kMost + 5, kMost + 1), 100), Error);
}

TEST(EvaluationIntervalTest, IsInEpochsUnlessGivenInIterations) {
  Recipe r = recipe(50, 10, 0);
  r.eval_epochs = 3;
  EXPECT_EQ(evaluation_interval(r, {20, 2}), 6U);
  r.eval_iterations = 7;
  EXPECT_EQ(evaluation_interval(r, {20, 2}), 7U);
}

TEST(EvaluationIntervalTest, DoesNotWrap) {
  Recipe r = recipe(50, 10, 0);
  for (const std::size_t epochs : {std::size_t{1} << 63, (std::size_t{1} << 62) + 1}) {
    r.eval_epochs = epochs;
    EXPECT_GT(evaluation_interval(r, {20, 4}), 20U);
  }
}

TEST(LearningRatesTest, ConstantIsConstant) {
  for (const float rate : learning_rates(recipe(50, 3, 0), {6, 2})) EXPECT_EQ(rate, 0.5F);
}

TEST(LearningRatesTest, CosineFallsFromTheRateTowardsZero) {
  Recipe r = recipe(50, 3, 0);
  r.schedule = Schedule::cosine;
  const auto rates = learning_rates(r, {6, 2});
  ASSERT_EQ(rates.size(), 6U);
  EXPECT_FLOAT_EQ(rates[0], 0.5F);
  EXPECT_FLOAT_EQ(rates[3], 0.25F);
  EXPECT_FLOAT_EQ(rates[5], static_cast<float>(0.25 * (1 + std::cos(M_PI * 5 / 6))));
}

TEST(LearningRatesTest, StepFallsByGammaEverySoManyEpochs) {
  Recipe r = recipe(50, 5, 0);
  r.schedule = Schedule::step;
  r.step_epochs = 2;
  r.gamma = 0.1F;
  const auto rates = learning_rates(r, {10, 2});
  EXPECT_FLOAT_EQ(rates[0], 0.5F);
  EXPECT_FLOAT_EQ(rates[3], 0.5F);
  EXPECT_FLOAT_EQ(rates[4], 0.05F);
  EXPECT_FLOAT_EQ(rates[8], 0.005F);
}

TEST(LearningRatesTest, WarmUpRisesLinearlyToTheSchedule) {
  Recipe r = recipe(50, 5, 0);
  r.warmup_iterations = 4;
  const auto rates = learning_rates(r, {10, 2});
  EXPECT_FLOAT_EQ(rates[0], 0.125F);
  EXPECT_FLOAT_EQ(rates[2], 0.375F);
  EXPECT_FLOAT_EQ(rates[3], 0.5F);
  EXPECT_FLOAT_EQ(rates[9], 0.5F);
}

}  // namespace
}  // namespace kilat
