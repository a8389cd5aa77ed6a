// Whole runs on small data: determinism, evaluation, stopping, restoring, interruption.
#include <algorithm>
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/expect_error.h"
#include "train/checkpoint.h"
#include "train/tiny.h"

namespace kilat {
namespace {

using testing::HasSubstr;

TEST(RunTest, LearnsAndIsRepeatedBitForBit) {
  for (const int threads : {1, 2}) {
    const TrainingResult first = train_tiny(tiny_recipe(), tiny_data(), tested_device(threads));
    const TrainingResult second = train_tiny(tiny_recipe(), tiny_data(), tested_device(threads));
    EXPECT_EQ(first.stop_reason, StopReason::completed);
    EXPECT_GT(first.final.test.accuracy, 0.8);
    EXPECT_EQ(weights_sha256(first.network), weights_sha256(second.network));
  }
}

TEST(RunTest, TheSeedChangesTheWeights) {
  Recipe other = tiny_recipe();
  other.seed = 4;
  EXPECT_NE(weights_sha256(train_tiny(tiny_recipe(), tiny_data()).network),
            weights_sha256(train_tiny(other, tiny_data()).network));
}

TEST(RunTest, TheShortLastBatchIsTrainedOnToo) {
  Recipe r = tiny_recipe();
  r.batch = 64;  // 200 samples: three batches and one of 8
  r.epochs = 2;
  const TrainingResult result = train_tiny(r, tiny_data());
  EXPECT_EQ(result.iterations, 8U);
  EXPECT_EQ(result.epochs, 2);
}

TEST(RunTest, EvaluatesEverySoManyEpochsAndAtTheEnd) {
  Recipe r = tiny_recipe();
  r.epochs = 5;
  r.eval_epochs = 2;
  const auto result = train_tiny(r, tiny_data());
  std::vector<double> epochs;
  for (const Evaluation& e : result.history) epochs.push_back(e.epoch);
  EXPECT_THAT(epochs, testing::ElementsAre(2, 4, 5));
}

TEST(RunTest, EvaluatesEverySoManyIterationsAndAtTheEnd) {
  Recipe r = tiny_recipe();
  r.iterations = 25;
  r.eval_iterations = 10;
  const auto result = train_tiny(r, tiny_data());
  std::vector<std::size_t> iterations;
  for (const Evaluation& e : result.history) iterations.push_back(e.iteration);
  EXPECT_THAT(iterations, testing::ElementsAre(10, 20, 25));
}

// The same network by the public evaluate() over the whole set, and by hand over the predictions.
TEST(RunTest, ScoresAreOverTheWholeSet) {
  const TrainingData data{stripes(201, 20, 4, 1), stripes(67, 20, 4, 2), {}};
  const auto result = train_tiny(tiny_recipe(), data);
  const Score score = evaluate(result.network, data.validation, tested_device(2));
  EXPECT_DOUBLE_EQ(score.accuracy, result.final.validation.accuracy);
  EXPECT_NEAR(score.loss, result.final.validation.loss, 1e-6);
  const auto probabilities = predict(result.network, data.validation.pixels, tested_device(1));
  double loss = 0, hits = 0;
  for (std::size_t i = 0; i < 67; ++i) {
    const float* row = probabilities.data() + i * 4;
    const std::size_t label = data.validation.labels[i];
    loss -= std::log(row[label]) / 67;
    hits += std::max_element(row, row + 4) == row + label;
  }
  EXPECT_NEAR(score.loss, loss, 1e-5);
  EXPECT_DOUBLE_EQ(score.accuracy, hits / 67);
  EXPECT_TRUE(std::isnan(result.final.test.accuracy));
}

TEST(RunTest, NoEpochsGiveTheInitialNetworkUntouched) {
  Recipe r = tiny_recipe();
  r.epochs = 0;
  const TrainingData data = tiny_data();
  const Network start = initial_network(r, data.train);
  const auto result = train_tiny(r, data);
  EXPECT_EQ(weights_sha256(result.network), weights_sha256(start));
  EXPECT_EQ(result.iterations, 0U);
  EXPECT_TRUE(std::isfinite(result.final.train.loss));
}

TEST(RunTest, TheBestWeightsAreRestored) {
  Recipe r = tiny_recipe();
  r.learning_rate = 1.2F;  // restless, so that the last evaluation is not the best
  r.epochs = 12;
  r.restore_best = true;
  const auto result = train_tiny(r, tiny_data());
  const auto best = std::max_element(result.history.begin(), result.history.end(),
                                     [](const Evaluation& a, const Evaluation& b) {
                                       return a.validation.accuracy < b.validation.accuracy;
                                     });
  ASSERT_NE(best->iteration, result.history.back().iteration);
  EXPECT_EQ(result.final.iteration, best->iteration);
  EXPECT_EQ(result.final.validation.accuracy, best->validation.accuracy);
  EXPECT_EQ(result.final.validation.loss, best->validation.loss);
  EXPECT_EQ(weights_sha256(result.network), best->weights_sha256);
}

TEST(RunTest, PatienceEndsTheRun) {
  Recipe r = tiny_recipe();
  r.epochs = 50;
  r.patience = 2;
  r.min_delta = 0.9;
  const auto result = train_tiny(r, tiny_data());
  EXPECT_EQ(result.stop_reason, StopReason::patience);
  EXPECT_EQ(result.history.size(), 3U);
}

TEST(RunTest, ItIsInterruptedAfterAnIteration) {
  int asked = 0, checkpoints = 0;
  TrainingHooks hooks;
  hooks.steps_at_once = 1;
  hooks.interrupted = [&] { return ++asked > 7; };
  hooks.on_checkpoint = [&](const Checkpoint& c) {
    ++checkpoints;
    EXPECT_EQ(c.iteration, 7U);
  };
  const auto result = train_tiny(tiny_recipe(), tiny_data(), tested_device(1), hooks);
  EXPECT_EQ(result.stop_reason, StopReason::interrupted);
  EXPECT_EQ(result.iterations, 7U);
  EXPECT_EQ(checkpoints, 1);
  EXPECT_TRUE(std::isfinite(result.final.train.loss));
}

// In little steps or as many as suit: the host's asking changes nothing.
TEST(RunTest, HowManyStepsAreAskedForAtOnceChangesNothing) {
  Recipe r = tiny_recipe();
  r.batch = 24;  // 200 samples: eight batches and one of 8
  r.epochs = 5;
  r.iterations = 41;
  r.eval_iterations = 7;
  for (const int threads : {1, 2}) {
    TrainingHooks hooks;
    const auto whole = train_tiny(r, tiny_data(), tested_device(threads), hooks);
    for (const std::size_t steps : {1, 3, 100}) {
      hooks.steps_at_once = steps;
      const auto result = train_tiny(r, tiny_data(), tested_device(threads), hooks);
      EXPECT_EQ(weights_sha256(result.network), weights_sha256(whole.network)) << steps;
      ASSERT_EQ(result.history.size(), 6U);
      for (std::size_t i = 0; i < 6; ++i) {
        EXPECT_EQ(result.history[i].iteration, std::min<std::size_t>(7 * (i + 1), 41));
        EXPECT_EQ(result.history[i].train.loss, whole.history[i].train.loss);
      }
    }
  }
}

// A unit that is dead from the start, and stays so: its bias is far below any input.
TEST(RunTest, DeadUnitsAreCountedAndWarnedOf) {
  Recipe r = tiny_recipe();
  const TrainingData data = tiny_data();
  Network start = initial_network(r, data.train);
  const LinearShape first = start.shapes()[0];
  for (std::size_t j = 0; j < 9; ++j) start.parameters[first.bias + j] = -1000;
  const auto result = train(r, data, start, tested_device(2));
  EXPECT_EQ(result.final.dead, std::vector<double>{9.0 / 12});
  ASSERT_EQ(result.warnings.size(), 1U);
  EXPECT_THAT(result.warnings[0], HasSubstr("75 % of the units of hidden layer 1"));
}

TEST(RunTest, AllUnitsDeadIsStuck) {
  Recipe r = tiny_recipe();
  r.epochs = 100;
  const TrainingData data = tiny_data();
  Network start = initial_network(r, data.train);
  const LinearShape first = start.shapes()[0];
  for (std::size_t j = 0; j < first.out; ++j) start.parameters[first.bias + j] = -1000;
  const auto result = train(r, data, start, tested_device(1));
  EXPECT_EQ(result.stop_reason, StopReason::stuck);
  EXPECT_LT(result.iterations, 100U * 13);
  EXPECT_THAT(result.diagnosis.text, HasSubstr("all 12 units of hidden layer 1 are dead"));
}

TEST(RunTest, DivergenceIsNamedAndTheLastGoodWeightsAreKept) {
  Recipe r = tiny_recipe();
  r.learning_rate = 1e30F;
  const auto result = train_tiny(r, tiny_data());
  EXPECT_EQ(result.stop_reason, StopReason::diverged);
  EXPECT_THAT(result.diagnosis.text, HasSubstr("diverged at iteration"));
  EXPECT_THAT(result.diagnosis.text, HasSubstr("learning rate"));
  EXPECT_FALSE(result.diagnosis.tensor.empty());
  EXPECT_TRUE(std::isfinite(result.final.train.loss));
  for (const float x : result.network.parameters) ASSERT_TRUE(std::isfinite(x));
}

TEST(RunTest, DivergenceFromRawPixelsIsPutDownToThem) {
  Recipe r = tiny_recipe();
  r.normalise = Normalise::none;
  r.learning_rate = 1e30F;
  const auto result = train_tiny(r, tiny_data());
  EXPECT_EQ(result.stop_reason, StopReason::diverged);
  EXPECT_THAT(result.diagnosis.text, HasSubstr("inputs reach 255"));
  EXPECT_THAT(result.diagnosis.text, HasSubstr("--normalise unit"));
}

TEST(RunTest, RefusesWhatDoesNotFit) {
  const TrainingData data = tiny_data();
  const Recipe r = tiny_recipe();
  const Network network = initial_network(r, data.train);
  expect_error(
      [&] {
        train(r, {stripes(20, 9, 4, 1), {}, {}}, network, tested_device(1));
      },
      {"images of 9 pixels", "takes 20"});
  expect_error([&] { train(r, {}, network, tested_device(1)); }, {"no training samples"});
  expect_error(
      [&] {
        train(r, {data.train, stripes(20, 20, 5, 1), {}}, network, tested_device(1));
      },
      {"4"});
  expect_error([&] { predict(network, std::vector<std::uint8_t>(19), tested_device(1)); }, {"19"});
}

}  // namespace
}  // namespace kilat
