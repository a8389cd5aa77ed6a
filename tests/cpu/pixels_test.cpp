// A batch's pixels by sample and by feature are the same numbers.
#include "backend/cpu/pixels.h"

#include "cpu/sparse_pixels.h"

namespace kilat {
namespace {

constexpr Normalisation kHalf = {0, 0.5F};

// The matrix that the rows of S stand for; each row's columns in order.
Values dense(SparseRows s, std::size_t rows, std::size_t columns) {
  Values values(rows * columns);
  EXPECT_EQ(s.begin[0], 0U);
  for (std::size_t r = 0; r < rows; ++r) {
    std::uint32_t next = 0;
    for (std::uint32_t e = s.begin[r]; e < s.begin[r + 1]; ++e) {
      const SparseEntry& entry = s.entries[e];
      EXPECT_EQ(entry.offset % kNarrowBlock, 0U);
      EXPECT_GE(entry.offset, next) << "out of order";
      EXPECT_NE(entry.value, 0);
      next = entry.offset + kNarrowBlock;
      const std::size_t column = entry.offset / kNarrowBlock;
      EXPECT_LT(column, columns);
      if (column < columns) values[r * columns + column] = entry.value;
    }
  }
  return values;
}

Values values_of_bytes(const std::vector<std::uint8_t>& bytes) {
  Values values(bytes.begin(), bytes.end());
  for (double& v : values) v *= 0.5;
  return values;
}

// Calls f as the ops do: outside of a run, by all members, or by one that is alone.
template <class F>
void go(Team& team, Way way, const F& f) {
  if (way == Way::outside) return f();
  if (way == Way::together) return team.together([&](Share) { f(); });
  team.apart([&](std::size_t i) {
    if (i == team.size() - 1) f();
  });
}

void expect_sparse(CpuPixels& x, Team& team, Way way, const std::vector<std::uint8_t>& bytes) {
  const std::size_t rows = x.rows(), features = x.features();
  SCOPED_TRACE(testing::Message() << shape_text(rows, features) << " on " << team.size() << " "
                                  << text_of(way));
  std::atomic<int> calls = 0, sparse = 0;
  go(team, way, [&] {
    ++calls;
    sparse += x.is_sparse(team);
    x.by_feature(team);
  });
  ASSERT_EQ(sparse, calls);
  const Values wanted = values_of_bytes(bytes);
  EXPECT_EQ(dense(x.by_sample(), rows, features), wanted);
  EXPECT_EQ(dense(x.by_feature(team), features, rows), transposed(wanted, rows, features));
}

TEST(PixelsTest, BySampleAndByFeatureAreTheSameNumbers) {
  for (const std::size_t members : {1, 2, 3}) {
    Team team(members);
    for (const std::size_t features : {2, 3, 8, 17, 65, 784}) {
      for (const std::size_t rows : {1, 2, 5, 129}) {
        for (const Way way : kWays) {
          const auto bytes = sparse_bytes(rows, features, static_cast<unsigned>(rows + features));
          CpuPixels x(rows, features, kHalf);
          x.set(bytes.data(), rows);
          expect_sparse(x, team, way, bytes);
          if (HasFailure()) return;
        }
      }
    }
  }
}

// Each feature alone: none is lost between two members' parts.
TEST(PixelsTest, ANumberIsFoundInEveryFeature) {
  Team team(3);
  constexpr std::size_t kFeatures = 20;
  for (std::size_t k = 0; k < kFeatures; ++k) {
    std::vector<std::uint8_t> bytes(2 * kFeatures);
    bytes[kFeatures + k] = 200;
    CpuPixels x(2, kFeatures, kHalf);
    x.set(bytes.data(), 2);
    expect_sparse(x, team, Way::together, bytes);
  }
}

TEST(PixelsTest, ABatchWithoutNumbersIsSparse) {
  Team team(2);
  const std::vector<std::uint8_t> bytes(3 * 10);
  CpuPixels x(3, 10, kHalf);
  x.set(bytes.data(), 3);
  expect_sparse(x, team, Way::outside, bytes);
}

TEST(PixelsTest, OneThatIsNotMostlyZeroIsDense) {
  Team team(2);
  std::vector<std::uint8_t> bytes(4 * 8);
  std::fill_n(bytes.begin(), 16, std::uint8_t{1});
  CpuPixels x(4, 8, kHalf);
  x.set(bytes.data(), 4);
  EXPECT_TRUE(x.is_sparse(team));
  bytes[16] = 1;  // one more than half of them
  x.set(bytes.data(), 4);
  EXPECT_FALSE(x.is_sparse(team));
  EXPECT_FALSE(x.is_sparse(team));
}

// A zero byte is then no zero.
TEST(PixelsTest, WithAShiftNoBatchIsSparse) {
  Team team(2);
  const std::vector<std::uint8_t> bytes(4 * 8);
  CpuPixels x(4, 8, {33.3F, 0.5F});
  x.set(bytes.data(), 4);
  EXPECT_FALSE(x.is_sparse(team));
}

// As a workspace is used: sparse and dense batches of any size, one after another.
TEST(PixelsTest, ANewBatchForgetsTheOneBefore) {
  Team team(3);
  constexpr std::size_t kFeatures = 33;
  CpuPixels x(129, kFeatures, kHalf);
  unsigned seed = 0;
  for (const std::size_t rows : {129, 4, 70, 1, 128, 129}) {
    const auto dense_bytes = std::vector<std::uint8_t>(rows * kFeatures, 9);
    x.set(dense_bytes.data(), rows);
    EXPECT_FALSE(x.is_sparse(team));
    const auto bytes = sparse_bytes(rows, kFeatures, ++seed);
    x.set(bytes.data(), rows);
    EXPECT_EQ(x.bytes(), bytes.data());
    expect_sparse(x, team, Way::together, bytes);
    const MatrixView<const float> widened = x.widened(team);
    ASSERT_EQ(widened.rows, rows);
    EXPECT_EQ(Values(widened.data, widened.data + bytes.size()), values_of_bytes(bytes));
  }
}

}  // namespace
}  // namespace kilat
