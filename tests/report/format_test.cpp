#include "report/format.h"

#include <limits>

#include <gtest/gtest.h>

#include "report/not_finite.h"

namespace kilat {
namespace {

TEST(Format, PercentagesHaveTwoDecimals) {
  EXPECT_EQ(percent_text(0.9753), "97.53 %");
  EXPECT_EQ(percent_text(0), "0.00 %");
  EXPECT_EQ(percent_text(1), "100.00 %");
}

TEST(Format, OnlyAllIsAHundredPercent) { EXPECT_EQ(percent_text(59999.0 / 60000), "99.99 %"); }

TEST(Format, DurationsTakeTheUnitsPeopleWould) {
  EXPECT_EQ(duration_text(0), "0 ms");
  EXPECT_EQ(duration_text(0.0453), "45 ms");
  EXPECT_EQ(duration_text(0.0998), "0.1 s");
  EXPECT_EQ(duration_text(3.21), "3.2 s");
  EXPECT_EQ(duration_text(59.97), "1 min 0 s");
  EXPECT_EQ(duration_text(252.2), "4 min 12 s");
  EXPECT_EQ(duration_text(3599.8), "1 h 0 min");
  EXPECT_EQ(duration_text(7500), "2 h 5 min");
}

TEST(Format, TimingsHaveThreeDigits) {
  EXPECT_EQ(timing_text(0), "0.00 µs");
  EXPECT_EQ(timing_text(0.00087), "870 µs");
  EXPECT_EQ(timing_text(0.00123456), "1.23 ms");
  EXPECT_EQ(timing_text(0.0453), "45.3 ms");
  EXPECT_EQ(timing_text(0.9994), "999 ms");
  EXPECT_EQ(timing_text(0.9996), "1.00 s");
  EXPECT_EQ(timing_text(9.996), "10.0 s");
  EXPECT_EQ(timing_text(99.96), "100 s");
  EXPECT_EQ(timing_text(4210.4), "4210 s");
  EXPECT_EQ(timing_text(kNan), "-");
  EXPECT_LT(timing_text(1e300).size(), 20U);
}

TEST(Format, LossesFitSevenCharacters) {
  EXPECT_EQ(loss_text(0.123456), "0.1235");
  EXPECT_EQ(loss_text(12.3456), "12.35");
  EXPECT_EQ(loss_text(0), "0.0000");
  EXPECT_EQ(loss_text(0.0000123), "1.2e-05");
  EXPECT_EQ(loss_text(1234567), "1.2e+06");
}

TEST(Format, CountsHaveTheirThousandsApart) {
  EXPECT_EQ(count_text(0), "0");
  EXPECT_EQ(count_text(999), "999");
  EXPECT_EQ(count_text(1000), "1,000");
  EXPECT_EQ(count_text(1234567.4), "1,234,567");
  EXPECT_EQ(count_text(-123456), "-123,456");
}

TEST(Format, EpochsAreWholeOrHaveTwoDecimals) {
  EXPECT_EQ(epoch_text(3), "3");
  EXPECT_EQ(epoch_text(3.25), "3.25");
}

TEST(Format, HugeFiguresStayShort) {
  for (const double value : {1e15, 1e300}) {
    EXPECT_LT(percent_text(value).size(), 20U);
    EXPECT_LT(duration_text(value).size(), 20U);
    EXPECT_LT(count_text(value).size(), 20U);
    EXPECT_LT(epoch_text(value).size(), 20U);
  }
}

TEST(Format, WhatIsNotFiniteIsADash) {
  for (const double value : {kNan, kInfinity, -kInfinity}) {
    EXPECT_EQ(percent_text(value), "-");
    EXPECT_EQ(duration_text(value), "-");
    EXPECT_EQ(loss_text(value), "-");
    EXPECT_EQ(count_text(value), "-");
    EXPECT_EQ(epoch_text(value), "-");
  }
}

}  // namespace
}  // namespace kilat
