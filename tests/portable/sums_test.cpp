// The order of sums, by numbers that give another result in another order.
#include "backend/portable/sums.h"

#include <cmath>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace kilat {
namespace {

// As docs/arithmetic.md says it: a list of chains, then pairs until one is left.
template <class Real, class Term>
Real sum_by_the_book(std::size_t n, const Term& add) {
  std::vector<Real> sums;
  for (std::size_t k = 0; k < n; ++k) {
    if (k % 8 == 0) sums.push_back(0);
    sums.back() = add(k, sums.back());
  }
  while (sums.size() > 1) {
    std::vector<Real> pairs;
    for (std::size_t i = 0; i < sums.size(); i += 2) {
      pairs.push_back(i + 1 < sums.size() ? sums[i] + sums[i + 1] : sums[i]);
    }
    sums = pairs;
  }
  return sums.empty() ? 0 : sums[0];
}

std::vector<float> numbers(std::size_t n, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0, 1);
  std::vector<float> x(n);
  for (float& v : x) v = normal(random) * std::exp2(static_cast<float>(random() % 20));
  return x;
}

TEST(PairwiseSumTest, AddsChainsOfEightInPairs) {
  for (std::size_t n = 0; n < 300; ++n) {
    const auto x = numbers(n, static_cast<unsigned>(n));
    const float sum = sum_by_the_book<float>(n, [&](std::size_t k, float s) { return s + x[k]; });
    EXPECT_EQ(pairwise_sum(x.data(), n), sum) << n;
    const double exact =
        sum_by_the_book<double>(n, [&](std::size_t k, double s) { return s + x[k]; });
    EXPECT_EQ(pairwise_sum_in_double(x.data(), n), exact) << n;
  }
}

// (1 + 2⁻¹²)² = 1 + 2⁻¹¹ + 2⁻²⁴: what a product rounded by itself loses.
TEST(PairwiseProductsTest, RoundsAProductAndItsSumOnce) {
  const float a[] = {1, 1 + 0x1p-12F}, b[] = {-1, 1 + 0x1p-12F};
  float sum = 0;
  pairwise_products(&sum, 1, 2, a, 1, b);
  EXPECT_EQ(sum, 0x1p-11F + 0x1p-24F);
}

TEST(PairwiseProductsTest, AddsChainsOfEightInPairs) {
  for (const std::size_t columns : {1, 10, 63, 64, 65, 130}) {
    for (const std::size_t n : {0, 1, 8, 9, 24, 100, 257}) {
      for (const std::size_t stride : {1, 3}) {
        const auto a = numbers(n * stride, 1), b = numbers(n * columns, 2);
        std::vector<float> sums(columns, 7);
        pairwise_products(sums.data(), columns, n, a.data(), stride, b.data());
        for (std::size_t j = 0; j < columns; ++j) {
          const float sum = sum_by_the_book<float>(n, [&](std::size_t k, float s) {
            return std::fma(a[k * stride], b[k * columns + j], s);
          });
          ASSERT_EQ(sums[j], sum) << n << " terms, column " << j << " of " << columns;
        }
      }
    }
  }
}

}  // namespace
}  // namespace kilat
