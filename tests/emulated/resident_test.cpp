// The resident engine ends with the bits of the portable backend, however many blocks share the
// network and however they exchange.
#include "emulated/resident.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <kilat/error.h>

namespace kilat {
namespace {

TEST(PortableCudaTest, RefusesImagesWhoseSumsMightNotFit) {
  PortableCuda b(CudaOptions{});
  EXPECT_THROW(b.pixels(1, kMostFeatures + 1, {}), Error);
}

// Without the engine, too: plain kernels, any network.
TEST(PortableCudaTest, ComposedStepsEndWithTheBitsOfPortable) {
  Recipe deep = tiny_recipe();
  deep.hidden = {24, 16};
  deep.momentum = 0.9F;
  deep.normalise = Normalise::standard;
  Recipe full = tiny_recipe();
  full.batch = 0;
  for (const Recipe& r : {deep, full}) {
    const Dataset data = stripes(300, 60, 4, 1);
    DeviceTrainer<PortableCuda> trainer(std::make_unique<PortableCuda>(CudaOptions{}),
                                        initial_network(r, data), SessionData{&data, {}}, r,
                                        rates_of(r));
    const auto wanted = portable(r, data);
    trainer.steps(10);
    wanted->steps(10);
    expect_same(trainer, *wanted, r.batch == 0 ? "full batches" : "two hidden layers");
  }
}

TEST(ResidentTest, EndsWithTheBitsOfPortableInAClusterAndInAGrid) {
  const Dataset data = stripes(200, 60, 4, 1);
  expect_bits_of_portable(resident_recipe(), data, kHopper, "three blocks of a cluster");
  expect_bits_of_portable(resident_recipe(), data, kNoCluster, "three of a grid");
  expect_bits_of_portable(resident_recipe(), data, {kShared, 132, 2},
                          "three where clusters have two");
}

TEST(ResidentTest, TakesEveryRuleActivationAndNormalisation) {
  const Dataset data = stripes(200, 60, 4, 1);
  Recipe r = resident_recipe();
  r.weight_decay = 0.001F;
  r.momentum = 0.9F;
  r.activation = ActivationKind::leaky_relu;
  expect_bits_of_portable(r, data, kHopper, "momentum, leaky ReLU");
  r.nesterov = true;
  r.normalise = Normalise::standard;
  expect_bits_of_portable(r, data, kHopper, "Nesterov, standardised");
  expect_bits_of_portable(r, data, kNoCluster, "Nesterov, standardised, in a grid");
  r = resident_recipe();
  r.optimizer = OptimizerKind::adam;
  r.learning_rate = 0.01F;
  r.augmentation = {1};
  expect_bits_of_portable(r, data, kNoCluster, "Adam, shifted");
}

struct Sizes {
  std::size_t features, units, outputs, batch;
};

TEST(ResidentTest, TakesAnySizesThatFit) {
  for (const Sizes& s : {Sizes{61, 20, 3, 7}, Sizes{784, 13, 10, 32}, Sizes{17, 40, 16, 33},
                         Sizes{1024, 8, 9, 40}, Sizes{32, 1, 2, 256}}) {
    Recipe r = resident_recipe();
    r.hidden = {s.units};
    r.batch = s.batch;
    r.learning_rate = 0.02F;
    r.momentum = 0.5F;
    const Dataset data = stripes(s.batch * 2 + s.batch / 2 + 1, s.features, s.outputs, 1);
    for (const Figures& device : {kHopper, kNoCluster}) {
      expect_bits_of_portable(
          r, data, device,
          fmt::format("{}-{}-{}, batches of {}, {}", s.features, s.units, s.outputs, s.batch,
                      device.cluster == 0 ? "grid" : "cluster"),
          5);  // with a short batch
    }
  }
}

TEST(ResidentTest, LaunchesOfAnyLengthGiveTheSameBits) {
  const Dataset data = stripes(200, 60, 4, 1);
  for (const Figures& device : {kHopper, kNoCluster}) {
    expect_bits_in_parts(resident_recipe(), data, device, {1, 2, 9, 3}, 5);
  }
}

// A fault ends the updates at its step, on every block, and is named as elsewhere.
TEST(ResidentTest, AFaultIsThatOfPortable) {
  const Dataset data = stripes(200, 60, 4, 1);
  for (const Figures& device : {kHopper, kNoCluster}) {
    for (const float rate : {1e30F, 3e38F}) {
      Recipe r = resident_recipe();
      r.learning_rate = rate;
      const auto trainer = resident(r, data, device), wanted = portable(r, data);
      trainer->steps(12);
      wanted->steps(12);
      EXPECT_NE(wanted->cursor().fault, kNoFault);
      expect_same(*trainer, *wanted, fmt::format("rate {}", rate));
      EXPECT_EQ(trainer->find_non_finite().tensor, wanted->find_non_finite().tensor);
    }
  }
}

// Its other blocks see nothing wrong themselves.
TEST(ResidentTest, AFaultOfOneBlockEndsTheUpdatesOfAll) {
  const Dataset data = stripes(200, 60, 4, 1);
  Recipe r = resident_recipe();
  r.momentum = 0.9F;
  r.learning_rate = 2;
  for (const Figures& device : {kHopper, kNoCluster}) {
    const auto trainer = resident(r, data, device), wanted = portable(r, data);
    TrainerState state = wanted->state();
    state.optimizer[0][20 * 60 + 7] = 3e38F;  // a velocity of the third block's
    for (Trainer* t : {trainer.get(), wanted.get()}) {
      t->set_state(state);
      t->steps(2);
      t->steps(2);  // a launch of its own
    }
    EXPECT_EQ(wanted->cursor().fault, kParameterFault + 20 * 60 + 7);
    EXPECT_EQ(wanted->cursor().step, 0U);
    expect_same(*trainer, *wanted, device.cluster == 0 ? "grid" : "cluster");
  }
}

TEST(ResidentTest, EvaluatesToTheBitsOfPortable) {
  const Dataset data = stripes(200, 60, 4, 1);
  Recipe r = resident_recipe();
  for (const std::size_t samples : {1, 33, 200}) {
    const Dataset other = stripes(samples, 60, 4, 2);
    for (const Figures& device : {kHopper, kNoCluster, Figures{kShared, 3, 0}}) {
      expect_scores_of_portable(
          r, data, other, device,
          fmt::format("{} samples, {} multiprocessors", samples, device.multiprocessors));
    }
  }
  r.normalise = Normalise::standard;
  r.hidden = {44};
  expect_scores_of_portable(r, stripes(70, 61, 11, 1), stripes(77, 61, 11, 2), kHopper,
                            "standardised, rows that are not aligned");
}

// More rows than are evaluated at once.
TEST(ResidentTest, EvaluatesALargeSetInParts) {
  const Dataset data = stripes(8200, 17, 3, 1);
  Recipe r = resident_recipe();
  r.hidden = {9};
  expect_scores_of_portable(r, data, stripes(16400, 17, 3, 2), kHopper, "three parts");
}

TEST(ResidentTest, CountsTheClocksOfItsParts) {
  for (const Figures& device : {kHopper, kNoCluster}) {
    EXPECT_THAT(parts_of(resident_recipe(), stripes(200, 60, 4, 1), device),
                ::testing::ElementsAre("digits", "forward", "exchange", "gradients", "backward"));
  }
}

TEST(ResidentTest, WhatDoesNotFitIsRefusedWithTheReason) {
  const auto refusal = [](Recipe r, std::size_t features, std::size_t outputs,
                          const Figures& device) {
    return refusal_of(r, stripes(600, features, outputs, 1), device);
  };
  using ::testing::HasSubstr;
  Recipe r = resident_recipe();
  EXPECT_EQ(refusal(r, 60, 4, kHopper), "it fits");
  EXPECT_THAT(refusal(r, 60, 4, {}), HasSubstr("compute capability 8.0"));
  EXPECT_THAT(refusal(r, 1028, 4, kHopper), HasSubstr("images of 1028 pixels, at most 1024"));
  EXPECT_THAT(refusal(r, 60, 17, kHopper), HasSubstr("17 classes, at most 16"));
  EXPECT_EQ(refusal(r, 60, 4, {kShared, 1, 0}), "it fits");  // as a deep network
  EXPECT_THAT(refusal(r, 60, 4, {32768, 1, 0}), HasSubstr("32768 bytes of shared memory"));
  r.batch = 5000;  // more than there are samples: those
  EXPECT_NO_THROW(resident(r, stripes(200, 60, 4, 1), kHopper));
  r.batch = 500;
  EXPECT_EQ(refusal(r, 60, 4, kHopper), "it fits");  // as a deep network
}

}  // namespace
}  // namespace kilat
