// Runs that go wrong at a known iteration: what is reported and what is kept.
#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "train/checkpoint.h"
#include "train/one_hot.h"
#include "train/tiny.h"

namespace kilat {
namespace {

using testing::HasSubstr;

// Images of one pixel without hidden layers and with weights of zero. Three in four are of class 0,
// so that a step moves its weight by 64 times the learning rate and its bias by a quarter of it.
struct OnePixel {
  Recipe recipe;
  TrainingData data;
  Network start;

  explicit OnePixel(float learning_rate) {
    recipe.normalise = Normalise::none;
    recipe.batch = 0;
    recipe.epochs = 1;
    recipe.learning_rate = learning_rate;
    data.train.features = 1;
    data.train.shape = {1};
    data.train.pixels = {255, 255, 255, 255};
    data.train.labels = {0, 0, 0, 1};
    start = initial_network(recipe, data.train);
    std::fill(start.parameters.begin(), start.parameters.end(), 0.0F);
  }
  TrainingResult train() const { return kilat::train(recipe, data, start, tested_device(1)); }
};

// The bias alone moves, to 2.5e37: every loss stays finite.
TEST(DivergenceTest, AParameterThatOverflowsIsDivergenceThoughTheLossIsFinite) {
  OnePixel run(1e38F);
  run.recipe.epochs = 5;
  run.recipe.eval_epochs = 5;
  const TrainingResult result = run.train();
  EXPECT_EQ(result.stop_reason, StopReason::diverged);
  EXPECT_EQ(result.diagnosis.tensor, "the output layer's weight");
  EXPECT_EQ(result.diagnosis.iteration, 1U);
  EXPECT_EQ(result.iterations, 1U);
  EXPECT_EQ(result.epochs, 1);
  EXPECT_EQ(result.network.parameters, run.start.parameters);
}

void expect_divergence_at_the_evaluation(const OnePixel& run) {
  const TrainingResult result = run.train();
  EXPECT_EQ(result.stop_reason, StopReason::diverged);
  EXPECT_EQ(result.iterations, 1U);
  EXPECT_TRUE(result.history.empty());
}

// The step sees the loss of before, which is finite; bright pixels then give infinite logits.
TEST(DivergenceTest, ALossThatIsNotFiniteOnTheTrainingSetAloneIsDivergence) {
  OnePixel run(5e34F);
  run.data.validation = run.data.train;
  run.data.validation.pixels = {0, 0, 0, 0};
  run.data.test = run.data.validation;
  expect_divergence_at_the_evaluation(run);
}

// The weight moves to 2.5e36: finite logits for dim pixels, not for bright ones.
TEST(DivergenceTest, ALossThatIsNotFiniteOnTheValidationOrTestSetAloneIsDivergence) {
  for (Dataset TrainingData::*set : {&TrainingData::validation, &TrainingData::test}) {
    OnePixel run(1e37F);
    run.data.*set = run.data.train;
    run.data.train.pixels = {1, 1, 1, 1};
    expect_divergence_at_the_evaluation(run);
  }
}

TEST(DivergenceTest, TheLargestInputIsThatOfTheNormalisation) {
  OnePixel run(1e38F);
  for (const Normalisation& normalisation : {Normalisation{200, 1}, Normalisation{55, 1}}) {
    run.start.normalisation = normalisation;
    EXPECT_THAT(run.train().diagnosis.text, HasSubstr("inputs reach 200 "));
  }
}

// Eight samples, one a step, of which the fourth gives an infinite loss.
struct BadFourthStep {
  Recipe recipe = one_hot_recipe(1);
  TrainingData data{one_hot(8), {}, {}};
  Network start = initial_network(recipe, data.train);

  BadFourthStep() { poison(start, order_of_epoch(8, 1, 0)[3]); }
};

void expect_failure_of_the_fourth_step(const TrainingResult& result) {
  EXPECT_EQ(result.stop_reason, StopReason::diverged);
  EXPECT_EQ(result.iterations, 4U);
  EXPECT_EQ(result.epochs, 0.5);
  EXPECT_EQ(result.diagnosis.iteration, 4U);
  EXPECT_EQ(result.diagnosis.tensor, "the output layer's logits");
}

TEST(DivergenceTest, TheStepThatFailedIsReportedHoweverLateItIsSeen) {
  for (const std::size_t interval : {4, 7, 20}) {
    BadFourthStep run;
    run.recipe.eval_iterations = interval;
    expect_failure_of_the_fourth_step(train(run.recipe, run.data, run.start, tested_device(1)));
  }
}

TEST(DivergenceTest, AnInterruptedRunThatHadFailedUnseenHasDiverged) {
  const BadFourthStep run;
  TrainingHooks hooks;
  int asked = 0, checkpoints = 0;
  hooks.steps_at_once = 1;
  hooks.interrupted = [&] { return ++asked > 6; };
  hooks.on_checkpoint = [&](const Checkpoint&) { ++checkpoints; };
  expect_failure_of_the_fourth_step(
      train(run.recipe, run.data, run.start, tested_device(1), hooks));
  EXPECT_EQ(checkpoints, 0);
}

// The learning rate jumps by 1e30 after two epochs of 13 iterations.
Recipe late_divergence() {
  Recipe r = tiny_recipe();
  r.schedule = Schedule::step;
  r.step_epochs = 2;
  r.gamma = 1e30F;
  r.eval_iterations = 5;
  return r;
}

void expect_scores_of(const Network& network, const Evaluation& final, const TrainingData& data) {
  const Score train = evaluate(network, data.train, tested_device(1));
  const Score validation = evaluate(network, data.validation, tested_device(1));
  EXPECT_DOUBLE_EQ(final.train.loss, train.loss);
  EXPECT_EQ(final.train.accuracy, train.accuracy);
  EXPECT_DOUBLE_EQ(final.validation.loss, validation.loss);
  EXPECT_EQ(final.validation.accuracy, validation.accuracy);
}

TEST(DivergenceTest, TheWeightsOfTheLastGoodEvaluationAreKeptWithTheirScores) {
  const TrainingResult result = train_tiny(late_divergence(), tiny_data());
  ASSERT_EQ(result.stop_reason, StopReason::diverged);
  EXPECT_GT(result.iterations, 26U);
  EXPECT_EQ(result.history.back().iteration, 25U);
  EXPECT_EQ(result.final.iteration, 25U);
  expect_scores_of(result.network, result.final, tiny_data());
}

TEST(DivergenceTest, BeforeAnyEvaluationTheInitialWeightsAreKeptWithTheirScores) {
  Recipe r = late_divergence();
  r.eval_iterations = 50;
  const TrainingResult result = train_tiny(r, tiny_data());
  ASSERT_EQ(result.stop_reason, StopReason::diverged);
  EXPECT_EQ(weights_sha256(result.network), weights_sha256(initial_network(r, tiny_data().train)));
  EXPECT_EQ(result.final.iteration, 0U);
  expect_scores_of(result.network, result.final, tiny_data());
}

// The weights of the interruption are none of the initial ones, and no evaluation has seen them.
TEST(DivergenceTest, AResumedRunKeepsTheWeightsOfTheInterruptionWithTheirScores) {
  Recipe r = late_divergence();
  r.eval_iterations = 50;
  Checkpoint taken;
  int asked = 0;
  TrainingHooks hooks;
  hooks.steps_at_once = 1;
  hooks.interrupted = [&] { return ++asked > 17; };
  hooks.on_checkpoint = [&](const Checkpoint& c) { taken = c; };
  train_tiny(r, tiny_data(), tested_device(1), hooks);
  const TrainingResult result = train_tiny(r, tiny_data(), tested_device(1), {}, &taken);
  ASSERT_EQ(result.stop_reason, StopReason::diverged);
  EXPECT_EQ(result.network.parameters, taken.state.parameters);
  EXPECT_EQ(result.final.iteration, 17U);
  expect_scores_of(result.network, result.final, tiny_data());
}

}  // namespace
}  // namespace kilat
