// A batch's pixels by sample and by feature are the same numbers.
#include "backend/cpu/pixels.h"

#include <numeric>

#include "backend/cpu/cpu.h"
#include "cpu/sparse_pixels.h"

namespace kilat {
namespace {

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
    x.gather(images, order.data(), 0, rows, 0, team);
    sparse += x.is_sparse();
    x.by_feature(team);
  });
  ASSERT_EQ(sparse, calls);
  const BytesByFeature by_feature = x.by_feature(team);
  ASSERT_EQ(by_feature.stride % BytesByFeature::kWord, 0U);
  ASSERT_GE(by_feature.stride, rows);
  for (std::size_t k = 0; k < features; ++k) {
    for (std::size_t r = 0; r < by_feature.stride; ++r) {
      const std::uint8_t wanted = r < rows ? bytes[order[r] * features + k] : 0;
      ASSERT_EQ(by_feature.bytes[k * by_feature.stride + r], wanted) << r << ", " << k;
    }
  }
  const ListedRows listed = x.listed();
  for (std::size_t r = 0; r < rows; ++r) {
    std::vector<std::uint8_t> row(features);
    for (const auto* n = listed.set->begin(listed.index(r)); n != listed.set->end(listed.index(r));
         ++n) {
      row.at(Nonzeros::column(*n)) = Nonzeros::byte(*n);
    }
    const auto* wanted = bytes.data() + order[r] * features;
    ASSERT_EQ(row, std::vector<std::uint8_t>(wanted, wanted + features)) << r;
  }
}
void expect_sparse(const std::vector<std::uint8_t>& bytes, std::size_t features, Team& team,
                   Way way) {
  Batch batch(team, bytes, features, kHalf);
  std::vector<std::uint32_t> order(bytes.size() / features);
  std::iota(order.rbegin(), order.rend(), 0);
  expect_sparse(batch.x, team, way, bytes, batch.images, order);
}

TEST(PixelsTest, BySampleAndByFeatureAreTheSameBytes) {
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

TEST(PixelsTest, EveryByteHasItsValue) {
  const CpuPixels x(1, 1, {3, 0.5F});  // the shift is taken off elsewhere
  for (int byte = 0; byte < 256; ++byte) {
    EXPECT_EQ(x.values().of[byte], static_cast<float>(byte) * 0.5F);
  }
  EXPECT_EQ(x.taken(), 1.5);
}

// The lines are those of the batch that follows: all of its numbers, and together all of its bytes.
TEST(PixelsTest, TheNextBatchIsFetched) {
  Team team(2);
  constexpr std::size_t kFeatures = 784, kRows = 40;
  const auto bytes = sparse_bytes(kRows, kFeatures, 1);
  Batch batch(team, bytes, kFeatures, kHalf);
  std::vector<std::uint32_t> order(kRows);
  std::iota(order.rbegin(), order.rend(), 0);
  for (const std::size_t left : {0, 3, 8, 20}) {
    batch.x.gather(batch.images, order.data(), 0, 8, left, team);
    std::vector<std::vector<const void*>> lines(2, std::vector<const void*>(10000));
    team.together([&](Share share) {
      std::vector<const void*>& own = lines[share.index];
      own.resize(batch.x.next_lines(share, own.data(), own.size()));
    });
    const auto fetches = [&](const std::vector<const void*>& own, const void* p) {
      return std::ranges::any_of(own, [&](const void* line) {
        const auto* first = static_cast<const char*>(line);
        return p >= first && p < first + 64;
      });
    };
    for (std::size_t i = 0; i < kRows; ++i) {
      const std::size_t r = order[i];
      const bool wanted = i >= 8 && i < 8 + std::min<std::size_t>(left, 8);
      const Nonzeros& set = batch.images.nonzeros();
      for (const auto* n = set.begin(r); n != set.end(r); ++n) {
        for (const auto& own : lines) ASSERT_GE(fetches(own, n), wanted) << i;
      }
      for (std::size_t k = 0; k < kFeatures; ++k) {
        const void* byte = batch.images.row(r) + k;
        ASSERT_GE(fetches(lines[k < kFeatures / 2 ? 0 : 1], byte), wanted) << i << ", " << k;
      }
    }
    EXPECT_EQ(lines[0].empty(), left == 0);
  }
  std::vector<const void*> few(5);
  EXPECT_EQ(batch.x.next_lines({}, few.data(), few.size()), 5U);
}

TEST(PixelsTest, ASetWithoutNumbersIsSparse) {
  Team team(2);
  expect_sparse(std::vector<std::uint8_t>(3 * 10), 10, team, Way::outside);
}

TEST(PixelsTest, OneThatIsNotMostlyZeroIsDense) {
  Team team(2);
  std::vector<std::uint8_t> bytes(4 * 8);
  std::fill_n(bytes.begin(), 25, std::uint8_t{1});
  expect_sparse(bytes, 8, team, Way::together);
  bytes[25] = 1;  // more than four fifths of them
  Batch dense(team, bytes, 8, kHalf);
  dense.x.gather(dense.images, nullptr, 0, 4, 0, team);
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
    x.gather(full.images, nullptr, 129 - rows, rows, 0, team);
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
      std::vector<std::uint32_t> wanted;
      for (std::size_t k = 0; k < kFeatures; ++k) {
        if (row[k] != 0) wanted.push_back(static_cast<std::uint32_t>(256 * k + row[k]));
      }
      const std::vector<std::uint32_t> got(to.nonzeros().begin(i), to.nonzeros().end(i));
      ASSERT_EQ(got, wanted) << "image " << i << " epoch " << epoch;
    }
  }
}

}  // namespace
}  // namespace kilat
