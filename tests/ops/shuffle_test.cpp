#include <numeric>

#include "ops/op_test.h"

namespace kilat {
namespace {

template <class T>
class ShuffleTest : public OpTest<T> {
 protected:
  template <class Backend>
  std::vector<std::uint32_t> shuffle(Backend& b, std::size_t n, std::uint64_t seed,
                                     std::uint32_t epoch) {
    auto order = b.template buffer<std::uint32_t>(n);
    auto shuffling = b.shuffling(n);
    b.shuffle(order, shuffling, seed, epoch);
    return values_of<std::uint32_t>(b, order);
  }
};
TYPED_TEST_SUITE(ShuffleTest, Backends);

TYPED_TEST(ShuffleTest, IsAPermutation) {
  for (const std::size_t n : {0, 1, 2, 3, 4, 5, 1001}) {
    auto order = this->shuffle(this->device, n, 1, 0);
    std::sort(order.begin(), order.end());
    std::vector<std::uint32_t> wanted(n);
    std::iota(wanted.begin(), wanted.end(), 0U);
    EXPECT_EQ(order, wanted);
  }
}

TYPED_TEST(ShuffleTest, DependsOnSeedAndEpochAlone) {
  const auto order = this->shuffle(this->device, 1000, 7, 3);
  EXPECT_EQ(order, this->shuffle(this->reference, 1000, 7, 3));
  EXPECT_NE(order, this->shuffle(this->device, 1000, 8, 3));
  EXPECT_NE(order, this->shuffle(this->device, 1000, 7, 4));
  EXPECT_NE(order, this->shuffle(this->device, 1000, 7 + (1ULL << 32), 3));
}

// Each of 4 samples comes first about equally often; 6 sigma of a binomial's deviation.
TYPED_TEST(ShuffleTest, IsFair) {
  constexpr int kTrials = 4000;
  std::vector<int> first(4);
  for (std::uint32_t epoch = 0; epoch < kTrials; ++epoch) {
    ++first[this->shuffle(this->device, 4, 1, epoch)[0]];
  }
  for (const int count : first) EXPECT_NEAR(count, kTrials / 4, 6 * std::sqrt(kTrials * 3 / 16.0));
}

// Pinned, so that a run of today is repeated by the builds of tomorrow.
TYPED_TEST(ShuffleTest, GivesTheOrderItAlwaysGave) {
  using Order = std::vector<std::uint32_t>;
  EXPECT_EQ(this->shuffle(this->device, 8, 1, 0), (Order{7, 4, 0, 2, 5, 6, 1, 3}));
  EXPECT_EQ(this->shuffle(this->device, 8, 1, 5), (Order{5, 6, 2, 7, 4, 1, 0, 3}));
}

}  // namespace
}  // namespace kilat
