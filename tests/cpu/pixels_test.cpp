// A batch's pixels by sample and by feature are the same numbers.
#include "backend/cpu/pixels.h"

#include <numeric>

#include "backend/cpu/cpu.h"
#include "cpu/sparse_pixels.h"

namespace kilat {
namespace {

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

// Calls f as the ops do: outside of a run, by all members, or by one that is alone.
template <class F>
void go(Team& team, Way way, const F& f) {
  if (way == Way::outside) return f();
  if (way == Way::together) return team.together([&](Share) { f(); });
  team.apart([&](std::size_t i) {
    if (i == team.size() - 1) f();
  });
}

// All of these bytes as a batch.
struct Batch {
  CpuImages images;
  CpuPixels x;

  Batch(Team& team, const std::vector<std::uint8_t>& bytes, std::size_t features,
        Normalisation normalisation)
      : images(bytes, features), x(bytes.size() / features, features, normalisation) {
    images.list_nonzeros(team);
  }
};

void expect_sparse(CpuPixels& x, Team& team, Way way, const std::vector<std::uint8_t>& bytes,
                   const CpuImages& images, const std::vector<std::uint32_t>& order) {
  const std::size_t features = x.features(), rows = order.size();
  SCOPED_TRACE(testing::Message() << shape_text(rows, features) << " on " << team.size() << " "
                                  << text_of(way));
  std::atomic<int> calls = 0, sparse = 0;
  go(team, way, [&] {
    ++calls;
    x.gather(images, order.data(), 0, rows, team);
    sparse += x.is_sparse();
    x.by_feature(team);
  });
  ASSERT_EQ(sparse, calls);
  Values wanted;
  for (const std::uint32_t r : order) {
    for (std::size_t k = 0; k < features; ++k) wanted.push_back(bytes[r * features + k] * 0.5);
  }
  EXPECT_EQ(dense(x.by_sample(), rows, features), wanted);
  EXPECT_EQ(dense(x.by_feature(team), features, rows), transposed(wanted, rows, features));
}
void expect_sparse(const std::vector<std::uint8_t>& bytes, std::size_t features, Team& team,
                   Way way) {
  Batch batch(team, bytes, features, kHalf);
  std::vector<std::uint32_t> order(bytes.size() / features);
  std::iota(order.rbegin(), order.rend(), 0);
  expect_sparse(batch.x, team, way, bytes, batch.images, order);
}

TEST(PixelsTest, BySampleAndByFeatureAreTheSameNumbers) {
  for (const std::size_t members : {1, 2, 3}) {
    Team team(members);
    for (const std::size_t features : {2, 3, 8, 17, 65, 784}) {
      for (const std::size_t rows : {1, 2, 5, 129}) {
        for (const Way way : kWays) {
          expect_sparse(sparse_bytes(rows, features, static_cast<unsigned>(rows + features)),
                        features, team, way);
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
    expect_sparse(bytes, kFeatures, team, Way::together);
  }
}

// The lowest bit alone, the highest, and all between.
TEST(PixelsTest, EveryByteHasItsValue) {
  Team team(2);
  std::vector<std::uint8_t> bytes(512);
  std::iota(bytes.begin(), bytes.begin() + 256, std::uint8_t{0});
  expect_sparse(bytes, 512, team, Way::outside);
}

TEST(PixelsTest, ASetWithoutNumbersIsSparse) {
  Team team(2);
  expect_sparse(std::vector<std::uint8_t>(3 * 10), 10, team, Way::outside);
}

TEST(PixelsTest, OneThatIsNotMostlyZeroIsDense) {
  Team team(2);
  std::vector<std::uint8_t> bytes(4 * 8);
  std::fill_n(bytes.begin(), 16, std::uint8_t{1});
  expect_sparse(bytes, 8, team, Way::together);
  bytes[16] = 1;  // one more than half of them
  Batch dense(team, bytes, 8, kHalf);
  dense.x.gather(dense.images, nullptr, 0, 4, team);
  EXPECT_FALSE(dense.x.is_sparse());
}

// As a workspace is used: batches of a sparse set and of a dense one, of any size, in any order.
TEST(PixelsTest, ANewBatchForgetsTheOneBefore) {
  Team team(3);
  constexpr std::size_t kFeatures = 33, kRows = 129;
  const auto bytes = sparse_bytes(kRows, kFeatures, 1);
  const std::vector<std::uint8_t> full_bytes(kRows * kFeatures, 9);
  Batch batch(team, bytes, kFeatures, kHalf), full(team, full_bytes, kFeatures, kHalf);
  CpuPixels& x = batch.x;
  for (const std::size_t rows : {129, 4, 70, 1, 128, 129}) {
    x.gather(full.images, nullptr, 129 - rows, rows, team);
    EXPECT_FALSE(x.is_sparse());
    const Values nines(rows * kFeatures, 4.5);
    EXPECT_EQ(Values(x.widened(team).data, x.widened(team).data + nines.size()), nines);
    std::vector<std::uint32_t> order(rows);
    for (std::uint32_t i = 0; i < rows; ++i) order[i] = (i * 50 + 7) % 129;
    expect_sparse(x, team, Way::together, bytes, batch.images, order);
    const MatrixView<const float> widened = x.widened(team);
    ASSERT_EQ(widened.rows, rows);
    for (std::size_t i = 0; i < rows * kFeatures; ++i) {
      const std::size_t row = order[i / kFeatures];
      ASSERT_EQ(widened.data[i], bytes[row * kFeatures + i % kFeatures] * 0.5F);
    }
  }
}

// On a CPU without units for exact bytes.
TEST(PixelsTest, TheNumbersOfAugmentedImagesAreListedAnewInEachEpoch) {
  Cpu b(CpuOptions{.threads = 2, .units = nullptr});
  constexpr std::size_t kCount = 150, kFeatures = 48;
  std::vector<std::uint8_t> bytes(kCount * kFeatures);
  for (std::size_t i = 0; i < kCount; ++i) bytes[i * kFeatures + 20 + i % 3] = 9;
  const auto from = b.images(bytes, kFeatures);
  auto to = b.empty_images(kCount, kFeatures);
  for (const std::uint32_t epoch : {0, 1, 2}) {
    b.augment(to, from, {.seed = 1, .augmentation = {3}, .height = 6, .width = 8, .epoch = epoch});
    ASSERT_TRUE(to.nonzeros().is_listed());
    for (std::size_t i = 0; i < kCount; ++i) {
      const std::uint8_t* row = to.row(i);
      std::vector<std::uint32_t> wanted, got;
      for (std::size_t k = 0; k < kFeatures; ++k) {
        if (row[k] != 0) wanted.push_back(static_cast<std::uint32_t>(k * kNarrowBlock));
      }
      std::vector<SparseEntry> entries(to.nonzeros().count(i));
      to.nonzeros().list(i, 1, entries.data());
      for (const SparseEntry& e : entries) got.push_back(e.offset);
      ASSERT_EQ(got, wanted) << "image " << i << " epoch " << epoch;
    }
  }
}

}  // namespace
}  // namespace kilat
