// What a run tells its caller on the way, and what a resumed one adds to.
#include <chrono>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/expect_error.h"
#include "train/checkpoint.h"
#include "train/schedule.h"
#include "train/tiny.h"

namespace kilat {
namespace {

// 104 iterations, an evaluation every second one.
Recipe chatty_recipe() {
  Recipe r = tiny_recipe();
  r.epochs = 8;
  r.eval_iterations = 2;
  return r;
}

Checkpoint interrupted_after(std::size_t iterations, const Recipe& recipe) {
  Checkpoint taken;
  std::size_t asked = 0;
  TrainingHooks hooks;
  hooks.steps_at_once = 1;
  hooks.interrupted = [&] { return asked++ == iterations; };
  hooks.on_checkpoint = [&](const Checkpoint& c) { taken = c; };
  train_tiny(recipe, tiny_data(), tested_device(1), hooks);
  return taken;
}

TEST(HooksTest, EachEvaluationIsReportedWithTheLearningRateOfItsLastUpdate) {
  Recipe r = chatty_recipe();
  r.schedule = Schedule::cosine;
  r.eval_iterations = 3;
  const std::vector<float> rates = learning_rates(r, run_length(r, 200));
  std::vector<double> wanted, reported;
  TrainingHooks hooks;
  hooks.on_evaluation = [&](const Evaluation& e) {
    reported.push_back(e.learning_rate);
    wanted.push_back(rates.at(e.iteration - 1));
  };
  const TrainingResult result = train_tiny(r, tiny_data(), tested_device(1), hooks);
  EXPECT_EQ(reported, wanted);
  EXPECT_EQ(reported.size(), 35U);
  EXPECT_EQ(result.final.learning_rate, rates.back());
}

TEST(HooksTest, CheckpointsAreAsFarApartAsAskedFor) {
  const auto checkpoints = [](double seconds) {
    int taken = 0;
    bool waited = false;
    TrainingHooks hooks;
    hooks.checkpoint_seconds = seconds;
    hooks.on_checkpoint = [&](const Checkpoint&) { ++taken; };
    hooks.on_evaluation = [&](const Evaluation&) {
      if (!waited) std::this_thread::sleep_for(std::chrono::milliseconds(100));
      waited = true;
    };
    train_tiny(chatty_recipe(), tiny_data(), tested_device(1), hooks);
    return taken;
  };
  EXPECT_EQ(checkpoints(0), 52);
  EXPECT_EQ(checkpoints(1e9), 0);
  // One for the wait; a slow machine may add a few, but not one an evaluation.
  const int some = checkpoints(0.1);
  EXPECT_GE(some, 1);
  EXPECT_LT(some, 52);
}

// 784-4000-4 on 1,000 samples: 2.7 steps are a short time.
TEST(HooksTest, WhereStepsAreLongItIsAskedForAnInterruptBetweenEvaluations) {
  Recipe r = tiny_recipe();
  r.hidden = {4000};
  r.batch = 0;
  r.epochs = 4;
  r.eval_epochs = 4;
  int asked = 0;
  TrainingHooks hooks;
  hooks.interrupted = [&] { return ++asked == 2; };
  const TrainingData data{stripes(1000, 784, 4, 1), {}, {}};
  EXPECT_EQ(train_tiny(r, data, tested_device(2), hooks).iterations, 2U);
}

TEST(HooksTest, ProgressIsReportedNowAndThenOnly) {
  std::vector<std::size_t> iterations;
  int asked = 0;
  TrainingHooks hooks;
  hooks.steps_at_once = 1;
  hooks.interrupted = [&] {
    if (++asked == 3) std::this_thread::sleep_for(std::chrono::milliseconds(60));
    return false;
  };
  hooks.on_progress = [&](std::size_t iteration, std::size_t total) {
    EXPECT_EQ(total, 104U);
    iterations.push_back(iteration);
  };
  train_tiny(chatty_recipe(), tiny_data(), tested_device(1), hooks);
  ASSERT_FALSE(iterations.empty());
  EXPECT_LE(iterations[0], 3U);
  EXPECT_LT(iterations.size(), 104U);
}

// Without restore_best the weights to keep are those of the interruption, else the best ones.
TEST(HooksTest, ACheckpointKeepsTheLastWeightsOrTheBest) {
  Recipe r = chatty_recipe();
  r.eval_iterations = 13;
  const Checkpoint last = interrupted_after(17, r);
  EXPECT_EQ(last.kept_iteration, 17U);
  EXPECT_EQ(last.network.parameters, last.state.parameters);
  r.restore_best = true;
  const Checkpoint best = interrupted_after(17, r);
  EXPECT_EQ(best.kept_iteration, 13U);
  EXPECT_NE(best.network.parameters, best.state.parameters);
  EXPECT_EQ(weights_sha256(best.network), best.history.at(0).weights_sha256);
  const Checkpoint none_yet = interrupted_after(7, r);
  EXPECT_EQ(none_yet.kept_iteration, 7U);
  EXPECT_EQ(none_yet.network.parameters, none_yet.state.parameters);
}

TEST(HooksTest, AResumedRunAddsToTheSecondsAndCountsItsOwnSamplesForTheSpeed) {
  Checkpoint c = interrupted_after(41, chatty_recipe());
  c.train_seconds = 1000;
  const auto result = train_tiny(chatty_recipe(), tiny_data(), tested_device(1), {}, &c);
  EXPECT_GE(result.history.back().train_seconds, 1000);
  EXPECT_GT(result.train_seconds, 1000);
  const double samples = (104.0 - 41) / 13 * 200;
  EXPECT_NEAR(result.samples_per_second * (result.train_seconds - 1000), samples, 1e-3 * samples);
}

// With patience 20 in a run without improvement: 15 evaluations before the cut, 6 after it.
TEST(HooksTest, AResumedRunGoesOnWithItsPatience) {
  Recipe r = chatty_recipe();
  r.patience = 20;
  r.min_delta = 0.9;
  const Checkpoint c = interrupted_after(31, r);
  const auto result = train_tiny(r, tiny_data(), tested_device(1), {}, &c);
  EXPECT_EQ(result.stop_reason, StopReason::patience);
  EXPECT_EQ(result.iterations, 42U);
}

TEST(HooksTest, ACheckpointFromBeyondTheEndOfTheRunIsRefused) {
  Checkpoint c = interrupted_after(41, chatty_recipe());
  c.iteration = 105;
  expect_error([&] { train_tiny(chatty_recipe(), tiny_data(), tested_device(1), {}, &c); },
               {"105", "104"});
}

TEST(HooksTest, AnIntervalLongerThanAnyRunEvaluatesAtTheEnd) {
  Recipe r = tiny_recipe();
  r.batch = 100;  // two iterations an epoch: the product with 2^63 would wrap to 0
  r.eval_epochs = std::size_t{1} << 63;
  const auto result = train_tiny(r, tiny_data());
  ASSERT_EQ(result.history.size(), 1U);
  EXPECT_EQ(result.history[0].iteration, 8U);
}

}  // namespace
}  // namespace kilat
