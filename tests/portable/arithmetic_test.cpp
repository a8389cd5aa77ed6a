// The numbers of docs/arithmetic.md, written out.
#include "backend/arithmetic.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace kilat {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();

TEST(ArithmeticTest, TheScaleLiftsTheLargestNumberTo22Bits) {
  EXPECT_EQ(whole_scale(1).to, 0x1p21F);
  EXPECT_EQ(whole_scale(1).from, 0x1p-21F);
  EXPECT_EQ(whole_scale(1.999F).to, 0x1p21F);
  EXPECT_EQ(whole_scale(2).to, 0x1p20F);
  EXPECT_EQ(whole_scale(0.03F).to, 0x1p27F);
  EXPECT_EQ(whole_scale(std::numeric_limits<float>::max()).to, 0x1p-106F);
  for (const float small : {0x1p-95F, 0x1p-96F, 0x1p-149F, 0.0F}) {
    EXPECT_EQ(whole_scale(small).to, 0x1p116F) << small;
    EXPECT_EQ(whole_scale(small).from, 0x1p-116F) << small;
  }
  for (const float x : {kInf, std::nanf("")}) {
    EXPECT_EQ(whole_scale(x).to, 0);
    EXPECT_TRUE(std::isnan(whole_scale(x).from));
  }
}

TEST(ArithmeticTest, WholeNumbersAreTheNearestTiesToEven) {
  const WholeScale one = {1, 1};
  EXPECT_EQ(whole(0.5F, one), 0);
  EXPECT_EQ(whole(1.5F, one), 2);
  EXPECT_EQ(whole(-2.5F, one), -2);
  EXPECT_EQ(whole(-2.501F, one), -3);
  EXPECT_EQ(whole(-0.0F, one), 0);
  const float nearly_two = std::nextafter(2.0F, 1.0F);
  EXPECT_EQ(whole(nearly_two, whole_scale(nearly_two)), 1 << 22);
  EXPECT_EQ(whole(-nearly_two, whole_scale(nearly_two)), -(1 << 22));
  EXPECT_EQ(whole(0x1p-117F, whole_scale(0)), 0);  // half of the smallest step
  EXPECT_EQ(whole(0x1.8p-117F, whole_scale(0)), 1);
}

TEST(ArithmeticTest, ThreeDigitsMakeTheWholeNumber) {
  const auto check = [](std::int32_t v) {
    const std::uint32_t bytes = digits(v);
    std::int32_t sum = 0;
    for (int i = 2; i >= 0; --i) sum = sum * 256 + static_cast<std::int8_t>(bytes >> 8 * i);
    ASSERT_EQ(sum, v);
    ASSERT_EQ(bytes >> 24, 0U);
  };
  for (std::int32_t v = -(1 << 22); v <= 1 << 22; v += 97) check(v);
  for (const std::int32_t v : {0, 127, 128, -128, -129, 32767, 32768, -32896, -32897, 1 << 22}) {
    check(v);
  }
}

// In units of the last place of the float nearest to the truth.
double units_off(float got, double truth) {
  const int exponent = std::max(std::ilogb(static_cast<float>(truth)), -126);
  return std::abs(got - truth) / std::ldexp(1, exponent - 23);
}

// Beyond 2⁻²⁶ every 251st input; below that exp is 1.
TEST(ArithmeticTest, ExponentialIsAsAccurateAsStated) {
  double worst = 0;
  const std::uint32_t last = bits_of(-87.3F);
  for (std::uint32_t bits = bits_of(-0x1p-26F); bits <= last; bits += 251) {
    const float x = float_of(bits);
    worst = std::max(worst, units_off(exponential<FloatArithmetic>(x), std::exp(double{x})));
  }
  EXPECT_LE(worst, 1.02);
  EXPECT_GT(worst, 0.9) << "more accurate than stated";
  for (std::uint32_t bits = bits_of(-0.0F); bits < bits_of(-0x1p-26F); bits += 9973) {
    ASSERT_EQ(exponential<FloatArithmetic>(float_of(bits)), 1);
  }
  EXPECT_GT(exponential<FloatArithmetic>(-87.3F), 0);
  for (const float x : {-87.31F, -1e30F, -kInf}) EXPECT_EQ(exponential<FloatArithmetic>(x), 0);
  EXPECT_TRUE(std::isnan(exponential<FloatArithmetic>(std::nanf(""))));
}

// Every 31st input from 1 to the number of classes that a byte can name, and some beyond.
TEST(ArithmeticTest, LogarithmIsAsAccurateAsStated) {
  double worst = 0;
  for (std::uint32_t bits = bits_of(1) + 1; bits <= bits_of(256); bits += 31) {
    const float x = float_of(bits);
    worst = std::max(worst, units_off(logarithm(x), std::log(double{x})));
  }
  for (std::uint32_t bits = bits_of(256); bits < bits_of(kInf); bits += 99991) {
    const float x = float_of(bits);
    worst = std::max(worst, units_off(logarithm(x), std::log(double{x})));
  }
  EXPECT_LE(worst, 0.83);
  EXPECT_GT(worst, 0.75) << "more accurate than stated";
  EXPECT_EQ(logarithm(1), 0);
  EXPECT_EQ(logarithm(kInf), kInf);
  EXPECT_TRUE(std::isnan(logarithm(std::nanf(""))));
}

}  // namespace
}  // namespace kilat
