#include "verify/comparison.h"

#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

namespace kilat {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
const float kNan = std::nanf("");

TEST(ComparisonTest, UlpsCountTheFloatsFromOneToTheOther) {
  EXPECT_EQ(ulps_between(1, 1), 0U);
  EXPECT_EQ(ulps_between(1, std::nextafterf(1, 2)), 1U);
  EXPECT_EQ(ulps_between(1, 2), 1U << 23);
  EXPECT_EQ(ulps_between(2, 1), 1U << 23);
  EXPECT_EQ(ulps_between(-1, std::nextafterf(-1, 0)), 1U);
}

TEST(ComparisonTest, UlpsGoThroughZeroWhichIsOneNumber) {
  EXPECT_EQ(ulps_between(0.0F, -0.0F), 0U);
  const float least = std::numeric_limits<float>::denorm_min();
  EXPECT_EQ(ulps_between(-least, least), 2U);
}

TEST(ComparisonTest, NanIsFurtherFromEveryNumberThanAnyOther) {
  EXPECT_GT(ulps_between(kNan, 1), ulps_between(-kInf, kInf));
  EXPECT_GT(ulps_between(1, kNan), ulps_between(-kInf, kInf));
}

TensorComparison compare(std::vector<float> tested, std::vector<float> expected,
                         std::vector<double> tolerance) {
  TensorComparison c;
  c.add(1, tested, expected, tolerance);
  return c;
}

TEST(ComparisonTest, TheWorstElementIsTheOneNearestItsOwnTolerance) {
  const TensorComparison c = compare({1.5F, 2.25F, 8}, {1, 2, 8}, {1, 0.375, 1e-9});
  EXPECT_EQ(c.worst.index, 1U);
  EXPECT_EQ(c.worst.tested, 2.25F);
  EXPECT_EQ(c.worst.expected, 2);
  EXPECT_NEAR(c.worst.share(), 2.0 / 3, 1e-12);
  EXPECT_TRUE(c.within());
  EXPECT_EQ(c.relative, 0.5 / 8);
  EXPECT_EQ(c.ulps, 1U << 22);
}

TEST(ComparisonTest, OneElementBeyondItsToleranceIsEnough) {
  EXPECT_FALSE(compare({1, 2.5F, 3}, {1, 2, 3}, {1, 0.25, 1}).within());
  EXPECT_TRUE(compare({1, 2.5F, 3}, {1, 2, 3}, {1, 0.5, 1}).within());
  EXPECT_FALSE(compare({1}, {0}, {0}).within());
}

TEST(ComparisonTest, WhatIsNotFiniteIsOutOfTolerance) {
  for (const float bad : {kNan, kInf, -kInf}) {
    EXPECT_FALSE(compare({1, bad}, {1, 2}, {1, 1e30}).within());
  }
}

TEST(ComparisonTest, TheWorstStepIsKept) {
  TensorComparison c;
  const std::vector<double> tolerance = {1};
  const std::vector<float> expected = {1};
  for (const float tested : {1.25F, 1.75F, 1.5F}) {
    const std::size_t step = c.worst.step + 1;
    c.add(step, std::vector{tested}, expected, tolerance);
  }
  EXPECT_EQ(c.worst.step, 2U);
  EXPECT_EQ(c.worst.tested, 1.75F);
}

TEST(ComparisonTest, EvaluationsAgreeInLossAndInHits) {
  const EvaluationComparison same{100, 0.5, 0.5, 0.01, 90, 90, 0};
  EXPECT_TRUE(same.within());
  EvaluationComparison other = same;
  other.tested_hits = 91;
  EXPECT_FALSE(other.within());
  other.hits_tolerance = 1;
  EXPECT_TRUE(other.within());
  other.tested_loss = 0.48;
  EXPECT_FALSE(other.within());
  other.tested_loss = std::nan("");
  EXPECT_FALSE(other.within());
}

}  // namespace
}  // namespace kilat
