// The first layer in whole numbers.
#include "ops/input_test.h"

#include <cmath>

#include "backend/portable/portable.h"

namespace kilat {
namespace {

std::vector<float> product(const std::vector<std::uint8_t>& bytes, std::size_t rows,
                           const Values& weight, Normalisation normalisation) {
  Portable b;
  auto batch = batch_of(b, bytes, rows, normalisation);
  const auto buffer = buffer_of(b, weight);
  const std::size_t features = bytes.size() / rows, units = weight.size() / features;
  auto z = b.matrix(rows, units);
  b.input_gemm(z, batch.x, {buffer.data(), units, features});
  return {z.row(0), z.row(0) + rows * units};
}

std::vector<float> gradient(const std::vector<std::uint8_t>& bytes, std::size_t rows,
                            const Values& dz, Normalisation normalisation) {
  Portable b;
  auto batch = batch_of(b, bytes, rows, normalisation);
  const std::size_t features = bytes.size() / rows, units = dz.size() / rows;
  auto sums = b.buffer<float>(units * features);
  b.input_gradient({sums.data(), units, features}, matrix_of(b, rows, units, dz), batch.x, false);
  return {sums.begin(), sums.end()};
}

// Against the largest weight, 1, the others are multiples of 2⁻²¹.
TEST(PortableInputTest, WeightsAreRoundedToStepsOfTheUnitsLargest) {
  const double step = 0x1p-21;
  const Values weight = {1, 0.6 * step,  //
                         0.5, 0.6 * step};
  const std::vector<float> z = product({0, 255, 1, 0}, 2, weight, {0, 1});
  EXPECT_EQ(z[0], static_cast<float>(255 * step));      // 0.6 steps are one
  EXPECT_EQ(z[1], static_cast<float>(255 * step / 2));  // 1.2 steps of half the size are one
  EXPECT_EQ(z[2], 1);
  EXPECT_EQ(z[3], 0.5F);
}

// Of a sum whose terms cancel each other nothing is lost.
TEST(PortableInputTest, SumsAreExact) {
  const std::size_t features = 2000;
  Values weight(features);
  std::vector<std::uint8_t> bytes(features, 255);
  for (std::size_t f = 0; f < features; ++f) weight[f] = f % 2 == 0 ? 1 : -1;
  weight[features - 1] = -1 + 0x1p-20;
  EXPECT_EQ(product(bytes, 1, weight, {0, 1})[0], static_cast<float>(255 * 0x1p-20));
}

TEST(PortableInputTest, AShiftIsExactInStepsOf65536ths) {
  const Values weight = {1, -1, 0.25};
  const float shift = 33.25F + 0x1p-16F;
  EXPECT_EQ(product({10, 20, 30}, 1, weight, {shift, 1})[0],
            static_cast<float>(10 - 20 + 0.25 * 30 - 0.25 * shift));
  EXPECT_EQ(product({10, 20, 30}, 1, weight, {33.25F + 0x1p-18F, 1})[0],
            product({10, 20, 30}, 1, weight, {33.25F, 1})[0]);
}

// 70,000 rows are more than 32 bits of the lowest digits' sum hold; 2⁴⁰ is more than fp32's 24
// bits.
TEST(PortableInputTest, SumsOverManyRowsAreRoundedOnce) {
  const std::size_t rows = 70000;
  const std::vector<std::uint8_t> bytes(rows, 255);
  Values dz(rows, 1);
  dz[1] = 0x1p-21;
  const double exact = 255 * (static_cast<double>(rows - 1) + 0x1p-21);
  EXPECT_EQ(gradient(bytes, rows, dz, {0, 1})[0], static_cast<float>(exact));
}

TEST(PortableInputTest, AShiftedGradientHasOneMoreRounding) {
  const std::vector<float> sums = gradient({10, 255, 3, 0}, 2, {1, 0.5}, {127.5F, 0.5F});
  EXPECT_EQ(sums[0], (10 + 1.5F - 127.5F * 1.5F) * 0.5F);
  EXPECT_EQ(sums[1], (255 - 127.5F * 1.5F) * 0.5F);
}

TEST(PortableInputTest, AUnitOfZerosGivesZeros) {
  for (const float z : product({1, 255}, 1, {0, -0.0}, {33.3F, 0.01F})) EXPECT_EQ(z, 0);
  for (const float g : gradient({1, 255}, 1, {0}, {33.3F, 0.01F})) EXPECT_EQ(g, 0);
}

TEST(PortableInputTest, WhatIsNotFiniteMakesItsUnitNaNAndNoOther) {
  for (const double bad : {std::nan(""), HUGE_VAL, -HUGE_VAL}) {
    const std::vector<float> sums = gradient({1, 0, 2, 255}, 2, {bad, 1, 1, 1}, {0, 1});
    for (int f = 0; f < 2; ++f) EXPECT_TRUE(std::isnan(sums[f])) << bad;
    EXPECT_EQ(sums[2], 3);
    EXPECT_EQ(sums[3], 255);
  }
}

// Each weight is off by at most 2⁻²² of the unit's largest; the rest is a few roundings.
TEST(PortableInputTest, TheErrorIsRelativeToTheLargestWeight) {
  for (const std::size_t features : {1, 17, 784}) {
    for (const Normalisation& normalisation : kNormalisations) {
      Values weight = random_values(features, 1);
      for (std::size_t f = 0; f < features; f += 3) weight[f] *= 1e-6;
      for (double& w : weight) w = static_cast<float>(w);
      const auto bytes = random_bytes(features, 2);
      double largest = 0, exact = 0, pixels = 0;
      for (std::size_t f = 0; f < features; ++f) {
        const double x = (bytes[f] - double{normalisation.shift}) * double{normalisation.scale};
        exact += x * weight[f];
        pixels += std::abs(x);
        largest = std::max(largest, std::abs(weight[f]));
      }
      const double shift_off = 0x1p-17 * normalisation.scale * static_cast<double>(features);
      const double bound =
          0x1p-22 * largest * pixels + shift_off * largest + 2 * kEps * std::abs(exact);
      EXPECT_NEAR(product(bytes, 1, weight, normalisation)[0], exact, bound) << features;
    }
  }
}

TEST(PortableInputTest, RefusesImagesWhoseSumsMightNotFit) {
  Portable b;
  EXPECT_NO_THROW(b.pixels(1, kMostFeatures, {}));
  EXPECT_THROW(b.pixels(1, kMostFeatures + 1, {}), std::exception);
  // At the limit: the largest bytes, weights and shift.
  const std::vector<std::uint8_t> bytes(kMostFeatures, 255);
  const Values weight(kMostFeatures, std::nextafter(2.0F, 1.0F));
  EXPECT_EQ(product(bytes, 1, weight, {0, 1})[0], 255 * 2.0F * 65536);
  EXPECT_EQ(product(std::vector<std::uint8_t>(bytes.size()), 1, weight, {255, 1})[0],
            -255 * 2.0F * 65536);
}

}  // namespace
}  // namespace kilat
