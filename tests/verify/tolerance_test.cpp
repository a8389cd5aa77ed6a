#include "verify/tolerance.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "verify/sample_errors.h"

namespace kilat {
namespace {

// Two pixels, one hidden unit, two classes.
Network tiny_network(float w0, float w1, const Activation& f = {}) {
  Network n = make_network({2, 1, 2}, f);
  n.classes = {0, 1};
  const auto layers = n.shapes();
  n.parameters[layers[0].weight] = w0;
  n.parameters[layers[0].weight + 1] = w1;
  n.parameters[layers[1].weight] = 1;
  n.parameters[layers[1].weight + 1] = -1;
  return n;
}

SampleErrors backward(const Network& network, const std::vector<std::uint8_t>& image) {
  SampleErrors sample(network, {});
  sample.forward(image);
  sample.backward(0, 1);
  return sample;
}

TEST(ToleranceTest, RoundingGrowsWithTheRootOfASumsLength) {
  const Rounding fp32;
  EXPECT_EQ(fp32.sum(1), 0x1p-24);
  EXPECT_EQ(fp32.sum(100), 10 * 0x1p-24);
  EXPECT_NEAR(Rounding::of(Precision::tf32).sum(100), 0x1p-10, 1e-6);
  EXPECT_NEAR(Rounding::of(Precision::bf16).sum(100), 0x1p-7, 1e-6);
}

TEST(ToleranceTest, ValuesAreThoseOfTheNetwork) {
  const Network network = tiny_network(0.5F, 0.25F);
  const SampleErrors sample = backward(network, {4, 8});
  const LayerErrors& hidden = sample.layers()[0];
  const LayerErrors& output = sample.layers()[1];
  EXPECT_DOUBLE_EQ(hidden.z[0], 4);
  EXPECT_DOUBLE_EQ(output.z[0], 4);
  EXPECT_DOUBLE_EQ(output.z[1], -4);
  const double p = 1 / (1 + std::exp(-8.0));
  EXPECT_NEAR(output.dz[0], p - 1, 1e-15);
  EXPECT_NEAR(output.dz[1], 1 - p, 1e-15);
  EXPECT_NEAR(hidden.dz[0], 2 * (p - 1), 1e-15);
}

// sum(2 + 3 roundings) · (4 · 0.5 + 8 · 0.25)
TEST(ToleranceTest, TheErrorOfALogitIsThatOfItsTerms) {
  const Network network = tiny_network(0.5F, -0.25F);
  SampleErrors sample(network, {});
  sample.forward(std::vector<std::uint8_t>{4, 8});
  EXPECT_NEAR(std::sqrt(sample.layers()[0].z_variance[0]), std::sqrt(5.0) * 0x1p-24 * 4, 1e-12);
}

TEST(ToleranceTest, WhereTheSignOfAUnitIsAMatterOfRoundingEitherDerivativeIsRight) {
  const auto jump = [](float w0, float w1) {
    const Network network = tiny_network(w0, w1);
    return backward(network, {100, 100}).layers()[0].dz_jump[0];
  };
  const float nearly = std::nextafterf(0.1F, 1);
  EXPECT_NEAR(jump(nearly, -0.1F), 1, 1e-5);  // dz = (±1/2, ∓1/2) through weights 1 and −1
  EXPECT_NEAR(jump(-nearly, 0.1F), 1, 1e-5);
  EXPECT_EQ(jump(0.11F, -0.1F), 0);
  EXPECT_EQ(jump(-0.11F, 0.1F), 0);
}

// z = −8, so that the logits are ∓2.
TEST(ToleranceTest, ALeakyUnitBelowZeroPassesOnItsSlope) {
  const SampleErrors sample =
      backward(tiny_network(-1, -0.5F, {ActivationKind::leaky_relu, 0.25F}), {4, 8});
  const LayerErrors& hidden = sample.layers()[0];
  const LayerErrors& output = sample.layers()[1];
  EXPECT_DOUBLE_EQ(output.x[0], -2);
  EXPECT_DOUBLE_EQ(output.x_magnitude[0], 2);
  EXPECT_GE(output.x_variance[0], hidden.z_variance[0] / 16);
  EXPECT_LT(output.x_variance[0], hidden.z_variance[0]);
  EXPECT_NEAR(hidden.dz[0], 0.25 * (output.dz[0] - output.dz[1]), 1e-15);
  EXPECT_GT(hidden.dz_variance[0], 0);
  EXPECT_EQ(hidden.dz_jump[0], 0);
}

TEST(ToleranceTest, TheJumpOfALeakyUnitIsSmallerByItsSlope) {
  const Network network =
      tiny_network(std::nextafterf(0.1F, 1), -0.1F, {ActivationKind::leaky_relu, 0.25F});
  EXPECT_NEAR(backward(network, {100, 100}).layers()[0].dz_jump[0], 0.75, 1e-5);
}

TEST(ToleranceTest, AUnitThatIsSurelyDeadHasNoError) {
  const Network network = tiny_network(-1, -1);
  const SampleErrors sample = backward(network, {100, 100});
  EXPECT_EQ(sample.layers()[0].dz[0], 0);
  EXPECT_EQ(sample.layers()[0].dz_variance[0], 0);
  EXPECT_EQ(sample.layers()[1].x_variance[0], 0);
}

TEST(ToleranceTest, LogitsOfAnySizeGiveFiniteErrors) {
  for (const float w : {0.0F, 1e3F, 1e30F, -1e30F}) {
    const Network network = tiny_network(w, w);
    const SampleErrors sample = backward(network, {255, 255});
    for (const LayerErrors& e : sample.layers()) {
      for (const double v : e.dz_variance) EXPECT_TRUE(std::isfinite(v)) << w;
      for (const double v : e.dz) EXPECT_TRUE(std::isfinite(v)) << w;
    }
  }
}

TEST(ToleranceTest, HitsMayDifferWhereTwoLogitsAreEqual) {
  Dataset data{"two", {2}, 2, {100, 100, 0, 0}, {0, 1}};
  const std::vector<std::uint8_t> labels = {0, 1};
  // The first image's logits are far apart; the second one's are both 0.
  const auto tolerance = evaluation_tolerance(tiny_network(1, 1), data, labels, {});
  EXPECT_EQ(tolerance.hits, 1U);
  EXPECT_GT(tolerance.loss, 0);
  EXPECT_LT(tolerance.loss, 1e-3);
}

TEST(ToleranceTest, PaddingMustStayAsItIs) {
  const Network network = tiny_network(0.5F, 0.25F);
  const Dataset data{"one", {2}, 2, {4, 8}, {0}};
  const std::vector<std::vector<float>> velocity = {std::vector<float>(network.parameters.size())};
  Recipe recipe;
  recipe.momentum = 0.9F;
  const std::vector<std::uint8_t> labels = {0};
  const std::vector<std::uint32_t> batch = {0};
  const auto tolerance = step_tolerance({network, velocity, data, labels, batch}, recipe, {});
  ASSERT_EQ(tolerance.optimizer[0].size(), network.parameters.size());
  EXPECT_GT(tolerance.optimizer[0][1], 0);
  EXPECT_EQ(tolerance.optimizer[0][2], 0);
  EXPECT_EQ(tolerance.parameters[2], 0);
}

}  // namespace
}  // namespace kilat
