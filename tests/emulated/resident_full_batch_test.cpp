// The resident engine on full batches ends with the bits of the portable backend, however many
// blocks share the rows, whether these stay in shared memory or come again in each sweep.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "emulated/resident.h"

namespace kilat {
namespace {

constexpr std::size_t kFullBatch = 500;
constexpr Figures kMany = {kShared, 132, 16};  // 16 blocks of 32 rows
constexpr Figures kSome = {kShared, 7, 16};    // 4 of 128
constexpr Figures kTwo = {kShared, 2, 0};      // of 256, which stay
constexpr Figures kOne = {kShared, 1, 0};      // of 512, more than there are buffers

Recipe full_recipe(std::size_t units = 10) {
  Recipe r = tiny_recipe();
  r.hidden = {units};
  r.batch = 0;
  return r;
}

TEST(ResidentFullBatchTest, EndsWithTheBitsOfPortable) {
  const Dataset data = stripes(kFullBatch, 60, 4, 1);
  expect_bits_of_portable(full_recipe(), data, kMany, "sixteen blocks", 5);
  expect_bits_of_portable(full_recipe(), data, kTwo, "two blocks", 12);
  expect_bits_of_portable(full_recipe(), data, kOne, "one block", 12);
}

TEST(ResidentFullBatchTest, TakesEveryRuleActivationAndNormalisation) {
  const Dataset data = stripes(kFullBatch, 60, 4, 1);
  Recipe r = full_recipe();
  r.weight_decay = 0.001F;
  r.momentum = 0.9F;
  r.activation = ActivationKind::leaky_relu;
  expect_bits_of_portable(r, data, kSome, "momentum, leaky ReLU", 6);
  r.nesterov = true;
  r.normalise = Normalise::standard;
  expect_bits_of_portable(r, data, kTwo, "Nesterov, standardised", 6);
  r = full_recipe();
  r.optimizer = OptimizerKind::adam;
  r.learning_rate = 0.01F;
  r.augmentation = {1};
  expect_bits_of_portable(r, data, kOne, "Adam, shifted", 6);
}

struct FullBatchSizes {
  std::size_t samples, features, units, outputs;
};

TEST(ResidentFullBatchTest, TakesAnySizesThatFit) {
  for (const FullBatchSizes& s : {FullBatchSizes{257, 61, 16, 16}, FullBatchSizes{290, 784, 8, 10},
                                  FullBatchSizes{449, 800, 9, 2}, FullBatchSizes{512, 17, 1, 3}}) {
    const Dataset data = stripes(s.samples, s.features, s.outputs, 1);
    Recipe r = full_recipe(s.units);
    r.learning_rate = 0.02F;
    r.momentum = 0.5F;
    for (const Figures& device : {kSome, kOne}) {
      expect_bits_of_portable(r, data, device,
                              fmt::format("{} samples, {}-{}-{}, {} multiprocessors", s.samples,
                                          s.features, s.units, s.outputs, device.multiprocessors),
                              3);
    }
  }
}

TEST(ResidentFullBatchTest, CountsTheClocksOfItsParts) {
  EXPECT_THAT(parts_of(full_recipe(), stripes(kFullBatch, 60, 4, 1), kSome),
              ::testing::ElementsAre("load", "forward", "exchange", "backward", "update"));
}

TEST(ResidentFullBatchTest, LaunchesOfAnyLengthGiveTheSameBits) {
  const Dataset data = stripes(kFullBatch, 60, 4, 1);
  for (const Figures& device : {kSome, kOne}) {
    expect_bits_in_parts(full_recipe(), data, device, {1, 2, 4, 1});
  }
}

TEST(ResidentFullBatchTest, AFaultIsThatOfPortable) {
  const Dataset data = stripes(kFullBatch, 60, 4, 1);
  for (const Figures& device : {kSome, kOne}) {
    for (const float rate : {1e30F, 3e38F}) {
      Recipe r = full_recipe();
      r.learning_rate = rate;
      r.momentum = 0.5F;  // whose velocity a step too many would change
      const auto trainer = resident(r, data, device), wanted = portable(r, data);
      for (Trainer* t : {trainer.get(), wanted.get()}) {
        t->steps(5, Then::evaluation);
        t->steps(2, Then::evaluation);  // a launch of its own
      }
      EXPECT_TRUE(std::isnan(trainer->evaluate(0).loss) || std::isinf(trainer->evaluate(0).loss));
      EXPECT_NE(wanted->cursor().fault, kNoFault);
      expect_same(*trainer, *wanted, fmt::format("rate {}", rate));
    }
    Recipe r = full_recipe();
    r.momentum = 0.9F;
    r.learning_rate = 2;
    const auto trainer = resident(r, data, device), wanted = portable(r, data);
    TrainerState state = wanted->state();
    state.optimizer[0][9 * 60 + 7] = 3e38F;
    for (Trainer* t : {trainer.get(), wanted.get()}) {
      t->set_state(state);
      t->steps(3);
    }
    EXPECT_EQ(wanted->cursor().fault, kParameterFault + 9 * 60 + 7);
    expect_same(*trainer, *wanted, "a velocity");
  }
}

// Of all sets, in the launch of the steps. Two units never fire.
void expect_evaluations_of_portable(const Recipe& r, const Dataset& data, const Figures& device,
                                    const std::string& what) {
  const Dataset few = stripes(77, data.features, 4, 2), many = stripes(600, data.features, 4, 3);
  const auto trainer = resident(r, data, device, {&few, &many}),
             wanted = portable(r, data, {&few, &many});
  const auto expect_scores = [&](const std::string& when) {
    for (const std::size_t set : {2, 0, 1}) {
      std::vector<double> dead, wanted_dead;
      const Score a = trainer->evaluate(set, set == 0 ? &dead : nullptr),
                  b = wanted->evaluate(set, set == 0 ? &wanted_dead : nullptr);
      EXPECT_EQ(a.loss, b.loss) << what << ", " << when << ", set " << set;
      EXPECT_EQ(a.accuracy, b.accuracy) << what << ", " << when << ", set " << set;
      EXPECT_EQ(dead, wanted_dead) << what << ", " << when << ", set " << set;
    }
  };
  TrainerState state = wanted->state();
  const std::size_t units = r.hidden[0], bias = initial_network(r, data).shapes()[0].bias;
  state.parameters[bias] = state.parameters[bias + units - 1] = -1e6F;
  const auto steps = [&](std::size_t n, Then then) {
    for (Trainer* t : {trainer.get(), wanted.get()}) t->steps(n, then);
  };
  for (Trainer* t : {trainer.get(), wanted.get()}) t->set_state(state);
  steps(4, Then::evaluation);
  expect_scores("after four steps");
  steps(1, Then::evaluation);
  expect_scores("after another");
  steps(1, Then::nothing);
  expect_scores("after one that does not evaluate");
  expect_same(*trainer, *wanted, what);
  steps(1, Then::evaluation);
  for (Trainer* t : {trainer.get(), wanted.get()}) t->set_state(state);
  expect_scores("of other parameters");
}

TEST(ResidentFullBatchTest, EvaluatesToTheBitsOfPortable) {
  Recipe r = full_recipe();
  expect_evaluations_of_portable(r, stripes(kFullBatch, 60, 4, 1), kMany, "rows that stay");
  expect_evaluations_of_portable(r, stripes(400, 17, 4, 1), kSome, "a block of few rows");
  r.normalise = Normalise::standard;
  r.augmentation = {1};
  expect_evaluations_of_portable(r, stripes(kFullBatch, 20, 4, 1), kOne, "standardised, shifted");
  r.activation = ActivationKind::leaky_relu;
  expect_evaluations_of_portable(r, stripes(300, 20, 4, 1), kTwo, "no dead units");
}

TEST(ResidentFullBatchTest, MarksAreOfTheLastEvaluation) {
  const Dataset data = stripes(300, 20, 4, 1);
  const auto trainer = resident(full_recipe(), data, kSome);
  const TrainerState alive = trainer->state();
  TrainerState dead = alive;
  dead.parameters[initial_network(full_recipe(), data).shapes()[0].bias] = -1e6F;
  std::vector<double> before, after;
  trainer->steps(1, Then::evaluation);
  trainer->evaluate(0, &before);
  trainer->set_state(dead);
  trainer->steps(1, Then::evaluation);
  trainer->evaluate(0, &after);
  EXPECT_DOUBLE_EQ(after.at(0), before.at(0) + 0.1);
}

TEST(ResidentFullBatchTest, MarksAreOfTheTrainingDataAlone) {
  const Dataset data = stripes(300, 20, 4, 1);
  Dataset white = stripes(40, 20, 4, 1);
  std::fill(white.pixels.begin(), white.pixels.end(), std::uint8_t{255});
  const auto trainer = resident(full_recipe(), data, kSome, {&white});
  TrainerState state = trainer->state();
  const LinearShape first = initial_network(full_recipe(), data).shapes()[0];
  // Unit 3 fires for white images alone, and so has no gradient.
  std::fill_n(state.parameters.begin() + static_cast<std::ptrdiff_t>(first.weight + 3 * 20), 20, 1);
  state.parameters[first.bias + 3] = -17;
  std::vector<double> without, with;
  trainer->set_state(state);
  trainer->evaluate(0, &without);
  trainer->steps(1, Then::evaluation);
  trainer->evaluate(0, &with);
  EXPECT_GE(without.at(0), 0.1);
  EXPECT_EQ(with, without);
  std::vector<double> of_white;
  trainer->evaluate(1, &of_white);
  trainer->evaluate(0, &with);
  EXPECT_NE(of_white, without);
  EXPECT_EQ(with, without) << "after those of another set";
}

TEST(ResidentFullBatchTest, OfEqualLogitsTheFirstIsTheAnswer) {
  // Classes of equal size, and a power of two of samples: the biases' gradients are exactly zero.
  const Dataset data = stripes(512, 20, 4, 1);
  Dataset of_first_class = data;
  std::fill(of_first_class.labels.begin(), of_first_class.labels.end(), data.labels[0]);
  const auto trainer = resident(full_recipe(), data, kSome, {&of_first_class});
  TrainerState zeros = trainer->state();
  std::fill(zeros.parameters.begin(), zeros.parameters.end(), 0.0F);
  trainer->set_state(zeros);
  trainer->steps(1, Then::evaluation);
  EXPECT_EQ(trainer->evaluate(0).accuracy, 0.25);
  EXPECT_EQ(trainer->evaluate(1).accuracy, 1);
  EXPECT_TRUE(trainer->state().parameters == zeros.parameters);
}

TEST(ResidentFullBatchTest, WhatDoesNotFitIsRefusedWithTheReason) {
  const auto refusal = [](const Recipe& r, std::size_t samples, const Figures& device) {
    return refusal_of(r, stripes(samples, 60, 4, 1), device);
  };
  using ::testing::HasSubstr;
  EXPECT_EQ(refusal(full_recipe(16), 600, kMany), "it fits");
  EXPECT_EQ(refusal(full_recipe(24), 256, kMany), "it fits");  // as a mini-batch
  EXPECT_EQ(refusal(full_recipe(17), 600, kMany), "it fits");  // as a deep network
  EXPECT_THAT(refusal(full_recipe(17), 1100, kMany),
              HasSubstr("a full batch of 1100; more than 1024 samples take one hidden layer of at "
                        "most 16 units"));
  EXPECT_THAT(refusal(full_recipe(), 1025, kTwo),
              HasSubstr("on 2 multiprocessors they are 1024 at most"));
}

}  // namespace
}  // namespace kilat
