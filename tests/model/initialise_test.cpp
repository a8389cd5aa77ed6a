#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numbers>
#include <span>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include <kilat/error.h>
#include <kilat/network.h>

#include "base/philox.h"

namespace kilat {
namespace {

using testing::Each;
using testing::HasSubstr;

constexpr float kScale = 0.3F;
constexpr double kErrors = 5;  // standard errors allowed: one test in two million would fail

Network drawn(std::vector<std::size_t> widths, Init init, std::uint64_t seed = 1,
              float scale = kScale) {
  Network network = make_network(std::move(widths));
  initialise(network, init, scale, seed);
  return network;
}

std::vector<float> weights(const Network& network, std::size_t layer) {
  const auto values = network.weight(network.shapes().at(layer));
  return {values.begin(), values.end()};
}

std::vector<float> biases(const Network& network, std::size_t layer) {
  const auto values = network.bias(network.shapes().at(layer));
  return {values.begin(), values.end()};
}

// The mean of f over the values.
template <class F>
double mean(std::span<const float> values, F f) {
  double sum = 0;
  for (const float x : values) sum += f(double{x});
  return sum / static_cast<double>(values.size());
}

// Mean 0, the deviation, and no correlation of neighbours, each within kErrors standard errors.
// `kurtosis` is the distribution's fourth moment over the squared variance.
void expect_moments(std::span<const float> values, double deviation, double kurtosis) {
  const double root_n = std::sqrt(static_cast<double>(values.size()));
  const double variance = deviation * deviation;
  EXPECT_NEAR(mean(values, [](double x) { return x; }), 0, kErrors * deviation / root_n);
  EXPECT_NEAR(mean(values, [](double x) { return x * x; }), variance,
              kErrors * variance * std::sqrt(kurtosis - 1) / root_n);
  double previous = 0;
  const double covariance = mean(values, [&](double x) { return std::exchange(previous, x) * x; });
  EXPECT_NEAR(covariance, 0, kErrors * variance / root_n);
}

void expect_normal(std::span<const float> values, double deviation) {
  expect_moments(values, deviation, 3);
  const auto n = static_cast<double>(values.size());
  for (const double sigmas : {0.5, 1.0, 2.0, 3.0}) {
    const double expected = std::erf(sigmas / std::numbers::sqrt2);
    const double share =
        mean(values, [&](double x) { return std::abs(x) < sigmas * deviation ? 1.0 : 0.0; });
    EXPECT_NEAR(share, expected, kErrors * std::sqrt(expected * (1 - expected) / n)) << sigmas;
  }
}

void expect_uniform(std::span<const float> values, double limit) {
  expect_moments(values, limit / std::numbers::sqrt3, 1.8);
  const auto [least, greatest] = std::ranges::minmax(values);
  EXPECT_GE(least, -static_cast<float>(limit));
  EXPECT_LT(greatest, static_cast<float>(limit));
  // All n draws miss the outermost 80/n of the range, at one end, with probability e⁻⁴⁰.
  const double missed = 80 * limit / static_cast<double>(values.size());
  EXPECT_LT(least, -limit + missed);
  EXPECT_GT(greatest, limit - missed);
}

// Layers of unlike widths, so that in and out cannot be mistaken for each other.
const std::vector<std::size_t> kWidths = {400, 100, 250};

TEST(Initialise, HeNormalHasDeviationRootOf2OverIn) {
  const Network network = drawn(kWidths, Init::he_normal);
  expect_normal(weights(network, 0), std::sqrt(2.0 / 400));
  expect_normal(weights(network, 1), std::sqrt(2.0 / 100));
}

TEST(Initialise, HeUniformReachesRootOf6OverIn) {
  const Network network = drawn(kWidths, Init::he_uniform);
  expect_uniform(weights(network, 0), std::sqrt(6.0 / 400));
  expect_uniform(weights(network, 1), std::sqrt(6.0 / 100));
}

TEST(Initialise, GlorotNormalHasDeviationRootOf2OverInAndOut) {
  const Network network = drawn(kWidths, Init::glorot_normal);
  expect_normal(weights(network, 0), std::sqrt(2.0 / 500));
  expect_normal(weights(network, 1), std::sqrt(2.0 / 350));
}

TEST(Initialise, GlorotUniformReachesRootOf6OverInAndOut) {
  const Network network = drawn(kWidths, Init::glorot_uniform);
  expect_uniform(weights(network, 0), std::sqrt(6.0 / 500));
  expect_uniform(weights(network, 1), std::sqrt(6.0 / 350));
}

TEST(Initialise, NormalHasDeviationScaleInWeightsAndBiases) {
  expect_normal(weights(drawn(kWidths, Init::normal), 0), kScale);
  expect_normal(biases(drawn({1, 40'000, 1}, Init::normal), 0), kScale);
}

TEST(Initialise, UniformReachesScaleInWeightsAndBiases) {
  expect_uniform(weights(drawn(kWidths, Init::uniform), 0), kScale);
  expect_uniform(biases(drawn({1, 40'000, 1}, Init::uniform), 0), kScale);
}

TEST(Initialise, HeAndGlorotLeaveBiasesAtZero) {
  for (const Init init :
       {Init::he_normal, Init::he_uniform, Init::glorot_normal, Init::glorot_uniform}) {
    Network network = drawn({20, 30, 10}, Init::normal);  // biases that are not zero
    initialise(network, init, kScale, 1);
    EXPECT_THAT(biases(network, 0), Each(0.0F));
    EXPECT_THAT(biases(network, 1), Each(0.0F));
  }
}

TEST(Initialise, LeavesPaddingAtZero) {
  const Network network = drawn({3, 5, 2}, Init::normal);
  std::size_t zeros = 0;
  for (const float x : network.parameters) zeros += x == 0 ? 1 : 0;
  EXPECT_EQ(zeros, network.parameters.size() - (3 * 5 + 5 + 5 * 2 + 2));
}

TEST(Initialise, DrawsTheSameFromTheSameSeed) {
  for (const Init init : {Init::he_normal, Init::he_uniform, Init::uniform, Init::normal}) {
    EXPECT_EQ(drawn(kWidths, init, 7).parameters, drawn(kWidths, init, 7).parameters);
  }
}

TEST(Initialise, DrawsOtherNumbersForAnotherSeedOrLayer) {
  const std::vector<std::size_t> square = {50, 50, 50};
  for (const Init init : {Init::he_normal, Init::he_uniform}) {
    const auto first = weights(drawn(square, init, 1), 0);
    for (const auto& other :
         {weights(drawn(square, init, 2), 0), weights(drawn(square, init, 1ULL << 32), 0),
          weights(drawn(square, init, 1), 1)}) {
      std::size_t equal = 0;
      for (std::size_t i = 0; i < first.size(); ++i) equal += first[i] == other[i] ? 1 : 0;
      EXPECT_LE(equal, 2U);
    }
  }
}

TEST(Initialise, DrawsElementIFromPhiloxOfSeedLayerAndI) {
  constexpr std::uint64_t kSeed = 0x123456789ABCDEF;
  const Network network = drawn({4, 3, 5}, Init::uniform, kSeed, 1.0F);
  std::uint32_t layer_number = 0;
  for (const LinearShape& layer : network.shapes()) {
    std::vector<float> values = weights(network, layer_number);
    std::ranges::copy(biases(network, layer_number), std::back_inserter(values));
    for (std::size_t i = 0; i < values.size(); ++i) {
      const auto bits = philox(kSeed, Purpose::initialise, layer_number, i);
      EXPECT_EQ(values[i], static_cast<float>(bits[0] * 0x1p-31 - 1)) << i;
    }
    ++layer_number;
    EXPECT_EQ(values.size(), (layer.in + 1) * layer.out);
  }
}

TEST(Initialise, DrawsNormalsAsBoxAndMullerDo) {
  const Network network = drawn({8, 4}, Init::normal, 5, 2.0F);
  for (std::size_t i = 0; i < 8 * 4; ++i) {
    const auto bits = philox(5, Purpose::initialise, 0, i);
    const double radius = std::sqrt(-2 * std::log((bits[0] + 1.0) / 0x1p32));
    const double expected = 2 * radius * std::cos(2 * std::numbers::pi * (bits[1] / 0x1p32));
    EXPECT_FLOAT_EQ(network.parameters[i], static_cast<float>(expected)) << i;
  }
}

TEST(Initialise, UniformStaysBelowItsOpenEndWhenRounded) {
  constexpr std::uint64_t kSeed = 61551765;  // found by search: the first draw is 1 − 13 · 2⁻³²
  ASSERT_EQ(philox(kSeed, Purpose::initialise, 0, 0)[0], 0xFFFFFFF3U);
  EXPECT_EQ(drawn({1, 1}, Init::uniform, kSeed, 1.0F).parameters[0], std::nextafter(1.0F, 0.0F));
}

TEST(Initialise, RefusesAScaleThatIsNoDeviation) {
  for (const float scale : {0.0F, -1.0F, std::numeric_limits<float>::infinity(),
                            std::numeric_limits<float>::quiet_NaN()}) {
    EXPECT_THROW(drawn({2, 2}, Init::normal, 1, scale), Error) << scale;
    EXPECT_THROW(drawn({2, 2}, Init::uniform, 1, scale), Error) << scale;
    EXPECT_NO_THROW(drawn({2, 2}, Init::he_normal, 1, scale)) << "he_normal has no use for it";
  }
}

}  // namespace
}  // namespace kilat
