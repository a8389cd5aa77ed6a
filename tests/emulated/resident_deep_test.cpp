// The resident engine on networks of several hidden layers, and of one that is too wide for the
// device, ends with the bits of the portable backend, however many blocks share the work.
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

TEST(ResidentDeepTest, TakesOneHiddenLayerThatIsTooWide) {
  Recipe r = resident_recipe();
  r.hidden = {100};  // of 13 blocks
  expect_bits_of_portable(r, stripes(70, 60, 4, 1), kFive, "five blocks", 4);
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
    for (const float rate : {1e20F, 3e38F}) {
      Recipe r = deep_recipe();
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
  r.hidden = {};
  EXPECT_THAT(refusal(r, 40), HasSubstr("no hidden layer"));
  r = deep_recipe();
  r.batch = 257;
  EXPECT_THAT(refusal(r, 300), HasSubstr("batches of 257, at most 256 or all samples"));
  r.batch = 0;
  EXPECT_THAT(refusal(r, 300),
              HasSubstr("full batches and 2 hidden layers, of which it takes one then"));
  r.hidden = {8, 4033};
  r.batch = 1;
  EXPECT_THAT(refusal(r, 2), HasSubstr("a layer of 4033 units, at most 4032"));
}

}  // namespace
}  // namespace kilat
