// The resident engine on networks of several hidden layers or none, and on one whose layer or batch
// is too large for the other kernels, ends with the bits of the portable backend, however many
// blocks share the work.
#include <algorithm>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "emulated/resident.h"

namespace kilat {
namespace {

constexpr Figures kAlone = {kShared, 1, 0};
constexpr Figures kFive = {kShared, 5, 0};  // blocks have several groups of units
constexpr Figures kNine = {kShared, 9, 0};

// 60-24-16-4, batches of 32; the last one of 200 samples has 8.
Recipe deep_recipe() {
  Recipe r = resident_recipe();
  r.hidden = {24, 16};
  return r;
}

TEST(ResidentDeepTest, EndsWithTheBitsOfPortable) {
  const Dataset data = stripes(200, 60, 4, 1);
  expect_bits_of_portable(deep_recipe(), data, kHopper, "a block for everything", 9);
  expect_bits_of_portable(deep_recipe(), data, kFive, "five blocks", 9);
  expect_bits_of_portable(deep_recipe(), data, kAlone, "one block", 9);
}

TEST(ResidentDeepTest, TakesEveryRuleActivationAndNormalisation) {
  const Dataset data = stripes(100, 60, 4, 1);
  Recipe r = deep_recipe();
  r.momentum = 0.9F;
  r.weight_decay = 0.001F;
  r.activation = ActivationKind::leaky_relu;
  expect_bits_of_portable(r, data, kFive, "momentum, leaky ReLU", 5);
  r.nesterov = true;
  r.normalise = Normalise::standard;
  expect_bits_of_portable(r, data, kHopper, "Nesterov, standardised", 5);
  r = deep_recipe();
  r.optimizer = OptimizerKind::adam;
  r.learning_rate = 0.01F;
  r.augmentation = {1};
  expect_bits_of_portable(r, data, kFive, "Adam, shifted", 5);
}

struct DeepSizes {
  std::size_t samples, features, batch, outputs;
  std::vector<std::size_t> hidden;
};

TEST(ResidentDeepTest, TakesAnySizes) {
  for (const DeepSizes& s :
       {DeepSizes{300, 61, 256, 16, {9, 70}}, DeepSizes{65, 784, 65, 10, {33, 7, 17}},
        DeepSizes{40, 17, 1, 2, {1, 1}}, DeepSizes{90, 800, 33, 11, {8, 130, 64, 40}}}) {
    const Dataset data = stripes(s.samples, s.features, s.outputs, 1);
    Recipe r = deep_recipe();
    r.hidden = s.hidden;
    r.batch = s.batch;
    r.learning_rate = 0.02F;
    r.momentum = 0.5F;
    for (const Figures& device : {kFive, kNine}) {
      expect_bits_of_portable(
          r, data, device,
          fmt::format("{} samples, {}-{}-{}, {} multiprocessors", s.samples, s.features,
                      fmt::join(s.hidden, "-"), s.outputs, device.multiprocessors),
          3);
    }
  }
}

// Of an RTX 4090, whose shared memory has one buffer for rows then; and less, for evaluations of
// smaller batches than elsewhere.
TEST(ResidentDeepTest, TakesWhatFitsASmallerDevice) {
  Recipe r = deep_recipe();
  r.batch = 100;
  expect_bits_of_portable(r, stripes(250, 784, 10, 1), {101376, 5, 0}, "one buffer", 3);
  r.batch = 10;
  expect_scores_of_portable(r, stripes(30, 784, 10, 1), stripes(300, 784, 10, 2), {74752, 5, 0},
                            "small batches");
}

TEST(ResidentDeepTest, TakesOneHiddenLayerThatIsTooWide) {
  Recipe r = resident_recipe();
  r.hidden = {100};  // of 13 blocks
  expect_bits_of_portable(r, stripes(70, 60, 4, 1), kFive, "five blocks", 4);
}

TEST(ResidentDeepTest, TakesANetworkWithoutHiddenLayers) {
  Recipe r = resident_recipe();
  r.hidden = {};
  r.momentum = 0.5F;
  for (const Figures& device : {kHopper, kAlone}) {
    expect_bits_of_portable(r, stripes(100, 60, 4, 1), device, "60-4", 9);
    expect_bits_of_portable(r, stripes(70, 61, 16, 1), device, "61-16", 5);
  }
  r.normalise = Normalise::standard;
  expect_bits_in_parts(r, stripes(100, 60, 4, 1), kHopper, {1, 2, 3, 1});
}

// Their last batch is short, or they are all samples.
TEST(ResidentDeepTest, TakesLargeBatches) {
  const Dataset data = stripes(1024, 60, 4, 1);
  const auto expect_bits = [&](std::size_t batch, const std::vector<std::size_t>& hidden) {
    Recipe r = deep_recipe();
    r.hidden = hidden;
    r.batch = batch;
    r.learning_rate = 0.02F;
    expect_bits_of_portable(
        r, data, kNine, fmt::format("60-{}-4, batches of {}", fmt::join(hidden, "-"), batch), 3);
  };
  expect_bits(257, {24, 16});
  expect_bits(600, {30});
  expect_bits(1000, {});
  expect_bits(1024, {12, 8});
}

// Bytes are as large as can be, and the gradients of nearly all rows are the same.
TEST(ResidentDeepTest, SumsOfLargeBatchesDoNotOverflow) {
  Dataset data = stripes(1024, 60, 4, 1);
  data.pixels.assign(data.pixels.size(), 255);
  std::fill(data.labels.begin() + 4, data.labels.end(),
            data.labels[0]);  // whose gradients are alike
  Recipe r = deep_recipe();
  r.hidden = {24};
  r.batch = 1024;
  expect_bits_of_portable(r, data, kNine, "one hidden layer", 3);
  r.hidden = {};
  expect_bits_of_portable(r, data, kNine, "none", 3);
}

TEST(ResidentDeepTest, EvaluatesToTheBitsOfPortable) {
  const Dataset data = stripes(100, 60, 4, 1);
  Recipe r = deep_recipe();
  for (const std::size_t samples : {1, 33, 300}) {
    for (const Figures& device : {kHopper, kFive, kAlone}) {
      expect_scores_of_portable(
          r, data, stripes(samples, 60, 4, 2), device,
          fmt::format("{} samples, {} multiprocessors", samples, device.multiprocessors));
    }
  }
  r.hidden = {100};  // of 13 blocks
  expect_scores_of_portable(r, data, stripes(50, 60, 4, 2), kFive, "one hidden layer");
  r.hidden = {};
  expect_scores_of_portable(r, data, stripes(50, 60, 4, 2), kHopper, "no hidden layer");
  r.normalise = Normalise::standard;
  r.hidden = {40, 70, 9};
  expect_scores_of_portable(r, stripes(70, 61, 11, 1), stripes(277, 61, 11, 2), kFive,
                            "standardised, rows that are not aligned");
}

// More rows than are evaluated at once.
TEST(ResidentDeepTest, EvaluatesALargeSetInParts) {
  Recipe r = deep_recipe();
  r.hidden = {9, 5};
  expect_scores_of_portable(r, stripes(2050, 17, 3, 1), stripes(4200, 17, 3, 2), kFive,
                            "three parts");
}

TEST(ResidentDeepTest, CountsTheClocksOfItsParts) {
  EXPECT_THAT(
      parts_of(deep_recipe(), stripes(100, 60, 4, 1), kFive),
      ::testing::ElementsAre("forward", "further", "exchange", "gradients", "backward", "update"));
}

TEST(ResidentDeepTest, LaunchesOfAnyLengthGiveTheSameBits) {
  const Dataset data = stripes(100, 60, 4, 1);
  for (const Figures& device : {kHopper, kFive}) {
    expect_bits_in_parts(deep_recipe(), data, device, {1, 2, 3, 1});
  }
}

TEST(ResidentDeepTest, AFaultIsThatOfPortable) {
  const Dataset data = stripes(100, 60, 4, 1);
  for (const Figures& device : {kHopper, kFive}) {
    for (const float rate : {1e20F, 3e38F, 2e38F}) {
      Recipe r = deep_recipe();
      if (rate == 2e38F) r.hidden = {};
      r.learning_rate = rate;
      r.momentum = 0.5F;  // whose velocity a step too many would change
      const auto trainer = resident(r, data, device), wanted = portable(r, data);
      for (Trainer* t : {trainer.get(), wanted.get()}) {
        t->steps(5);
        t->steps(2);  // a launch of its own
      }
      EXPECT_NE(wanted->cursor().fault, kNoFault);
      expect_same(*trainer, *wanted, fmt::format("rate {}", rate));
    }
  }
}

TEST(ResidentDeepTest, AFaultOfAnyLayerIsNamed) {
  const Dataset data = stripes(100, 60, 4, 1);
  Recipe r = deep_recipe();
  r.momentum = 0.9F;
  r.learning_rate = 2;
  const std::vector<LinearShape> layers = initial_network(r, data).shapes();
  for (const std::size_t parameter :
       {layers[0].weight + 20 * 60 + 7, layers[0].bias + 23, layers[1].weight + 15 * 24 + 23,
        layers[1].bias + 3, layers[2].weight + 3 * 16, layers[2].bias}) {
    const auto trainer = resident(r, data, kFive), wanted = portable(r, data);
    TrainerState state = wanted->state();
    state.optimizer[0][parameter] = 3e38F;  // a velocity
    for (Trainer* t : {trainer.get(), wanted.get()}) {
      t->set_state(state);
      t->steps(2);
    }
    EXPECT_EQ(wanted->cursor().fault, kParameterFault + parameter);
    expect_same(*trainer, *wanted, fmt::format("parameter {}", parameter));
  }
}

TEST(ResidentDeepTest, WhatDoesNotFitIsRefusedWithTheReason) {
  const auto refusal = [](const Recipe& r, std::size_t samples) {
    return refusal_of(r, stripes(samples, 20, 4, 1), kHopper);
  };
  using ::testing::HasSubstr;
  Recipe r = deep_recipe();
  r.hidden = std::vector<std::size_t>(8, 8);
  EXPECT_EQ(refusal(r, 40), "it fits");
  r.hidden.push_back(8);
  EXPECT_THAT(refusal(r, 40), HasSubstr("9 hidden layers, at most 8"));
  r = deep_recipe();
  r.batch = 1025;
  EXPECT_THAT(refusal(r, 1100), HasSubstr("batches of 1025, at most 1024 or all samples"));
  r.batch = 0;
  EXPECT_THAT(refusal(r, 1100),
              HasSubstr("a full batch of 1100; more than 1024 samples take one hidden layer"));
  r.hidden = {8, 4033};
  r.batch = 1;
  EXPECT_THAT(refusal(r, 2), HasSubstr("a layer of 4033 units, at most 4032"));
}

}  // namespace
}  // namespace kilat
