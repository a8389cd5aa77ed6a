#include "train/early_stopping.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace kilat {
namespace {

Recipe recipe(Monitor monitor, std::size_t patience, std::size_t drops, double min_delta = 0) {
  Recipe r;
  r.monitor = monitor;
  r.patience = patience;
  r.drops = drops;
  r.min_delta = min_delta;
  return r;
}

Evaluation evaluation(double value) {
  static std::size_t iteration = 0;
  Evaluation e;
  e.iteration = ++iteration;
  e.train = {value, value};
  e.validation = {value, value};
  return e;
}

// Feeds the values; returns how many were taken until it stopped, 0 if it never did.
std::size_t stops_after(EarlyStopping& stopping, const std::vector<double>& values,
                        StopReason wanted) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto verdict = stopping.observe(evaluation(values[i]));
    if (!verdict.stop) continue;
    EXPECT_EQ(*verdict.stop, wanted);
    return i + 1;
  }
  return 0;
}

std::size_t patience(const Recipe& r, const std::vector<double>& values) {
  EarlyStopping stopping(r);
  return stops_after(stopping, values, StopReason::patience);
}

std::size_t drops(const Recipe& r, const std::vector<double>& values) {
  EarlyStopping stopping(r);
  return stops_after(stopping, values, StopReason::drops);
}

constexpr auto kAccuracy = Monitor::validation_accuracy;
constexpr auto kLoss = Monitor::validation_loss;
const double kNan = std::nan("");

TEST(PatienceTest, StopsAfterSoManyEvaluationsWithoutImprovement) {
  EXPECT_EQ(patience(recipe(kAccuracy, 2, 0), {0.5, 0.6, 0.6, 0.55, 0.9}), 4U);
  EXPECT_EQ(patience(recipe(kLoss, 2, 0), {0.5, 0.4, 0.4, 0.45, 0.1}), 4U);
}

TEST(PatienceTest, ATieIsNoImprovement) {
  EXPECT_EQ(patience(recipe(kAccuracy, 1, 0), {0.5, 0.5}), 2U);
}

TEST(PatienceTest, AnImprovementStartsTheCountAnew) {
  EXPECT_EQ(patience(recipe(kAccuracy, 2, 0), {0.5, 0.4, 0.6, 0.5, 0.7, 0.1}), 0U);
}

TEST(PatienceTest, AnImprovementMustBeMoreThanMinDelta) {
  EXPECT_EQ(patience(recipe(kAccuracy, 2, 0, 0.25), {0.25, 0.5, 0.5}), 3U);
  EXPECT_EQ(patience(recipe(kAccuracy, 2, 0, 0.25), {0.25, 0.5, 0.51, 0.6, 0.7}), 5U);
  EXPECT_EQ(patience(recipe(kLoss, 2, 0, 0.25), {1, 0.75, 0.75}), 3U);
}

TEST(PatienceTest, CreepingUpByLessThanMinDeltaIsMeasuredAgainstTheBest) {
  EXPECT_EQ(patience(recipe(kAccuracy, 2, 0, 0.25), {0.1, 0.2, 0.4, 0.5}), 0U);
}

TEST(PatienceTest, ANonFiniteFirstValueIsNeverTheBest) {
  for (const double first :
       {kNan, std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()}) {
    for (const Monitor monitor : {kAccuracy, kLoss}) {
      EarlyStopping stopping(recipe(monitor, 0, 0));
      EXPECT_FALSE(stopping.observe(evaluation(first)).improved);
      EXPECT_FALSE(stopping.state().best);
      EXPECT_TRUE(stopping.observe(evaluation(0.5)).improved);
    }
  }
}

TEST(PatienceTest, NanCountsAsNoImprovement) {
  EXPECT_EQ(patience(recipe(kLoss, 2, 0), {0.5, kNan, kNan}), 3U);
}

TEST(PatienceTest, ZeroNeverStops) {
  EXPECT_EQ(patience(recipe(kAccuracy, 0, 0), std::vector<double>(100, 0.5)), 0U);
}

TEST(DropsTest, StopsWhenTheValueFellSoManyTimesInARow) {
  EXPECT_EQ(drops(recipe(kAccuracy, 0, 3), {0.5, 0.9, 0.8, 0.7, 0.6}), 5U);
  EXPECT_EQ(drops(recipe(kLoss, 0, 3), {0.5, 0.1, 0.2, 0.3, 0.4}), 5U);
}

TEST(DropsTest, ATieOrARiseEndsTheRow) {
  EXPECT_EQ(drops(recipe(kAccuracy, 0, 2), {0.9, 0.8, 0.8, 0.7, 0.75, 0.7}), 0U);
}

TEST(DropsTest, ARowBelowTheBestIsNotEnough) {
  EXPECT_EQ(drops(recipe(kAccuracy, 0, 2), {0.9, 0.1, 0.2, 0.3, 0.25, 0.3}), 0U);
}

TEST(DropsTest, OneDropIsEnoughWhenOneIsAskedFor) {
  EXPECT_EQ(drops(recipe(kAccuracy, 0, 1), {0.5, 0.6, 0.59}), 3U);
}

TEST(DropsTest, NanBreaksTheRow) {
  EXPECT_EQ(drops(recipe(kAccuracy, 0, 2), {0.9, 0.8, kNan, 0.7, 0.6, 0.5}), 6U);
}

TEST(EarlyStoppingTest, TheLastAllowedEvaluationMayBeTheBest) {
  EarlyStopping stopping(recipe(kAccuracy, 3, 0));
  for (const double value : {0.5, 0.4, 0.3}) EXPECT_FALSE(stopping.observe(evaluation(value)).stop);
  const auto verdict = stopping.observe(evaluation(0.6));
  EXPECT_TRUE(verdict.improved);
  EXPECT_FALSE(verdict.stop);
}

TEST(EarlyStoppingTest, RemembersTheFirstOfEqualBests) {
  EarlyStopping stopping(recipe(kAccuracy, 0, 0));
  const Evaluation first = evaluation(0.7);
  stopping.observe(first);
  stopping.observe(evaluation(0.7));
  EXPECT_EQ(stopping.state().best_iteration, first.iteration);
}

TEST(EarlyStoppingTest, WithoutValidationDataItLooksAtTheTrainingData) {
  EarlyStopping stopping(recipe(kAccuracy, 1, 0));
  for (const double value : {0.5, 0.6}) {
    Evaluation e = evaluation(value);
    e.validation = {};
    EXPECT_TRUE(stopping.observe(e).improved);
  }
}

TEST(EarlyStoppingTest, TheTrainingMonitorsIgnoreTheValidationData) {
  EarlyStopping stopping(recipe(Monitor::train_loss, 1, 0));
  Evaluation e = evaluation(0.5);
  stopping.observe(e);
  e.train.loss = 0.4;
  e.validation.loss = 9;
  EXPECT_TRUE(stopping.observe(e).improved);
}

TEST(EarlyStoppingTest, AResumedOneDecidesAsTheUninterrupted) {
  const std::vector<double> values = {0.5, 0.9, 0.8, 0.85, 0.84, 0.83, 0.82, 0.81};
  for (const Recipe& r : {recipe(kAccuracy, 4, 0), recipe(kAccuracy, 0, 3)}) {
    EarlyStopping whole(r);
    std::size_t wanted = 0;
    while (!whole.observe(evaluation(values[wanted++])).stop) {
    }
    for (std::size_t cut = 1; cut < wanted; ++cut) {
      EarlyStopping before(r), after(r);
      for (std::size_t i = 0; i < cut; ++i) before.observe(evaluation(values[i]));
      after.resume(before.state());
      std::size_t taken = cut;
      while (!after.observe(evaluation(values[taken++])).stop) {
      }
      EXPECT_EQ(taken, wanted) << "cut after " << cut;
    }
  }
}

}  // namespace
}  // namespace kilat
