// Scores, probabilities and dead units over a whole set, in slices on several threads.
#include <algorithm>

#include <gtest/gtest.h>

#include "session/devices.h"
#include "step/trainer.h"
#include "train/one_hot.h"
#include "train/tiny.h"

namespace kilat {
namespace {

constexpr std::size_t kSamples = 3000;  // several slices for each of three threads

// Two hidden layers, drawn and trained a little, so that some answers are right and some wrong.
Network half_trained() {
  Recipe r = tiny_recipe();
  r.hidden = {12, 9};
  r.iterations = 20;
  return train_tiny(r, tiny_data()).network;
}

TEST(EvaluateTest, ScoresAndProbabilitiesOfManySlicesAgreeWithReference) {
  const Network network = half_trained();
  const Dataset data = stripes(kSamples, 20, 4, 5);
  const Device reference = choose_device("reference");
  const Score wanted = evaluate(network, data, reference);
  ASSERT_GT(wanted.accuracy, 0.3);
  ASSERT_LT(wanted.accuracy, 0.9);
  const std::vector<float> probabilities = predict(network, data.pixels, reference);
  for (const int threads : {1, 3}) {
    const Score got = evaluate(network, data, tested_device(threads));
    EXPECT_EQ(got.accuracy, wanted.accuracy);
    EXPECT_NEAR(got.loss, wanted.loss, 1e-5);
    const std::vector<float> row = predict(network, data.pixels, tested_device(threads));
    ASSERT_EQ(row.size(), kSamples * 4);
    for (std::size_t i = 0; i < row.size(); ++i) ASSERT_NEAR(row[i], probabilities[i], 1e-5) << i;
  }
}

TEST(EvaluateTest, ATrainerOfShortBatchesEvaluatesManySlices) {
  const Network network = half_trained();
  const Dataset data = stripes(16, 20, 4, 1), other = stripes(kSamples, 20, 4, 5);
  const auto trainer = make_trainer(tested_device(3), network, {&data, {&other}}, tiny_recipe());
  const Score wanted = evaluate(network, other, choose_device("reference"));
  EXPECT_EQ(trainer->evaluate(1).accuracy, wanted.accuracy);
  EXPECT_NEAR(trainer->evaluate(1).loss, wanted.loss, 1e-5);
}

Dataset images_of_one_pixel(std::size_t size) {
  Dataset data;
  data.features = 1;
  data.shape = {1};
  data.pixels.resize(size);
  data.labels.resize(size);
  return data;
}

// 1-4-3-2. Of the first layer two units fire for a bright pixel only, one always, one never; of
// the second layer one each.
Network network_with_dead_units() {
  Network network = make_network({1, 4, 3, 2});
  network.classes = {0, 1};
  const std::vector<LinearShape> layers = network.shapes();
  const auto set = [&](std::size_t offset, std::vector<float> values) {
    std::copy(values.begin(), values.end(), network.parameters.begin() + offset);
  };
  set(layers[0].weight, {1, 1, 0, 0});
  set(layers[0].bias, {-100, -100, 1, -1});
  set(layers[1].weight, {1, 0, 0, 0});  // of unit 0
  set(layers[1].bias, {0, 1, -1});
  return network;
}

using Shares = std::vector<double>;
const Shares kDarkShares = {3.0 / 4, 2.0 / 3}, kBrightShares = {1.0 / 4, 1.0 / 3};

TEST(EvaluateTest, DeadUnitsAreThoseOfThatSetWhateverWasEvaluatedBefore) {
  const Dataset dark = images_of_one_pixel(10);
  Dataset bright = dark;
  bright.pixels[9] = 255;
  const auto trainer =
      make_trainer(tested_device(1), network_with_dead_units(), {&dark, {&bright}}, {});
  Shares dead;
  trainer->evaluate(1, &dead);
  EXPECT_EQ(dead, kBrightShares);
  trainer->evaluate(0, &dead);
  EXPECT_EQ(dead, kDarkShares);
  trainer->evaluate(1);  // nobody asks, yet the marks must go
  trainer->evaluate(0, &dead);
  EXPECT_EQ(dead, kDarkShares);
}

TEST(EvaluateTest, UnitsOfALeakyReluAreNeverDead) {
  const Dataset dark = images_of_one_pixel(10);
  Network network = network_with_dead_units();
  network.layers[0].activation = {ActivationKind::leaky_relu, 0.1F};
  const auto trainer = make_trainer(tested_device(1), network, {&dark, {}}, {});
  Shares dead;
  trainer->evaluate(0, &dead);
  EXPECT_EQ(dead, (Shares{0, 2.0 / 3}));
}

TEST(EvaluateTest, AUnitThatFiresForOneImageOfAnySliceIsAlive) {
  for (const std::size_t at : {std::size_t{0}, std::size_t{1300}, kSamples - 1}) {
    Dataset data = images_of_one_pixel(kSamples);
    data.pixels[at] = 255;
    const auto trainer = make_trainer(tested_device(3), network_with_dead_units(), {&data, {}}, {});
    Shares dead;
    trainer->evaluate(0, &dead);
    EXPECT_EQ(dead, kBrightShares) << "bright image " << at;
  }
}

}  // namespace
}  // namespace kilat
