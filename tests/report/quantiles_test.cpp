#include "report/quantiles.h"

#include <cmath>

#include <gtest/gtest.h>

namespace kilat {
namespace {

TEST(Quantiles, TheMedianIsTheMiddleOrTheMeanOfTheTwoThere) {
  EXPECT_EQ(quantile({3, 1, 2}, 0.5), 2);
  EXPECT_EQ(quantile({4, 1, 3, 2}, 0.5), 2.5);
  EXPECT_EQ(quantile({7}, 0.5), 7);
}

TEST(Quantiles, TheEdgesAreTheLeastAndTheLargest) {
  EXPECT_EQ(quantile({3, 1, 2}, 0), 1);
  EXPECT_EQ(quantile({3, 1, 2}, 1), 3);
}

// numpy.percentile([15, 20, 35, 40, 50], [5, 50, 95]) → [16, 35, 48]
TEST(Quantiles, BetweenRanksItIsLinearAsInNumPy) {
  const Percentiles p = percentiles({50, 15, 35, 20, 40});
  EXPECT_DOUBLE_EQ(p.p5, 16);
  EXPECT_DOUBLE_EQ(p.median, 35);
  EXPECT_DOUBLE_EQ(p.p95, 48);
}

TEST(Quantiles, OfNothingIsNotANumber) { EXPECT_TRUE(std::isnan(quantile({}, 0.5))); }

}  // namespace
}  // namespace kilat
