#include "data/gzip.h"

#include <gtest/gtest.h>

#include "support/expect_error.h"
#include "support/idx_files.h"

namespace kilat {
namespace {

const Bytes kText = {'t', 'h', 'e', ' ', 'r', 'a', 'i', 'n', ' ', 'i', 'n', ' ', 's', 'p'};

// Beyond any memory: an allocation of it would be another error.
constexpr std::size_t kHugeLimit = std::size_t{1} << 50;

Bytes joined(std::initializer_list<Bytes> parts) {
  Bytes all;
  for (const Bytes& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

TEST(Gzip, IsKnownByItsFirstTwoBytes) {
  EXPECT_TRUE(is_gzip(gzip_bytes(kText)));
  EXPECT_FALSE(is_gzip(kText));
  EXPECT_FALSE(is_gzip(Bytes{0x1f}));
  EXPECT_FALSE(is_gzip({}));
}

TEST(Gzip, HoldsContentsUpToTheLimit) {
  const Bytes compressed = gzip_bytes(kText);
  EXPECT_EQ(gunzip(compressed, kText.size(), "f"), kText);
  EXPECT_EQ(gunzip(compressed, 1'000'000, "f"), kText);
  EXPECT_EQ(gunzip(compressed, kText.size() - 1, "f"), std::nullopt);
  EXPECT_EQ(gunzip(compressed, 0, "f"), std::nullopt);
  EXPECT_EQ(gunzip(gzip_bytes({}), 0, "f"), Bytes());
}

TEST(Gzip, MembersAreJoined) {
  const Bytes more(100'000, 7);
  const Bytes file = joined({gzip_bytes(kText), gzip_bytes({}), gzip_bytes(more), gzip_bytes({})});
  const Bytes all = joined({kText, more});
  EXPECT_EQ(gunzip(file, all.size(), "f"), all);
  EXPECT_EQ(gunzip(file, all.size() - 1, "f"), std::nullopt);
  EXPECT_EQ(gunzip_start(file, 16, "f"), Bytes(all.begin(), all.begin() + 16));
}

TEST(Gzip, StartIsShorterOnlyWhereTheContentsAre) {
  EXPECT_EQ(gunzip_start(gzip_bytes(kText), 3, "f"), Bytes(kText.begin(), kText.begin() + 3));
  EXPECT_EQ(gunzip_start(gzip_bytes(kText), 99, "f"), kText);
  EXPECT_EQ(gunzip_start(gzip_bytes({}), 99, "f"), Bytes());
}

// 100 MB of zeros: the densest that gzip can pack.
TEST(Gzip, BoundOnTheRatioHoldsForTheDensestData) {
  const Bytes zeros(100'000'000);
  const Bytes compressed = gzip_bytes(zeros);
  EXPECT_GT(zeros.size() / compressed.size(), 950U);
  const auto contents = gunzip(compressed, zeros.size(), "f");
  ASSERT_TRUE(contents);
  EXPECT_TRUE(*contents == zeros);
}

TEST(Gzip, BombIsNotUnpackedBeyondTheLimit) {
  const Bytes bomb = gzip_bytes(Bytes(100'000'000));
  EXPECT_EQ(gunzip(bomb, 1000, "f"), std::nullopt);
  EXPECT_EQ(gunzip_start(bomb, 20, "f"), Bytes(20));
}

TEST(Gzip, HugeLimitAllocatesNoMoreThanTheFileCanHold) {
  Bytes compressed = gzip_bytes(kText);
  const auto contents = gunzip(compressed, kHugeLimit, "f");
  EXPECT_EQ(contents, kText);
  for (std::size_t i = compressed.size() - 4; i < compressed.size(); ++i) compressed[i] = 0xff;
  expect_error([&] { gunzip(compressed, kHugeLimit, "f.gz"); }, {"f.gz: corrupt"});
}

TEST(Gzip, SizeThatLiesIsCorrupt) {
  for (const std::uint8_t lie : {0, 1, 13, 15, 255}) {
    Bytes compressed = gzip_bytes(kText);
    compressed[compressed.size() - 4] = lie;
    expect_error([&] { gunzip(compressed, kHugeLimit, "f.gz"); },
                 {"f.gz: corrupt", "download it again"});
  }
}

TEST(Gzip, TruncatedOrTrailedByOtherBytesIsCorrupt) {
  const Bytes compressed = gzip_bytes(kText);
  for (std::size_t size = 1; size < compressed.size(); ++size) {
    const Bytes cut(compressed.begin(), compressed.begin() + static_cast<std::ptrdiff_t>(size));
    expect_error([&] { gunzip(cut, 1000, "f.gz"); }, {"f.gz: corrupt or truncated"});
  }
  expect_error([&] { gunzip(joined({compressed, {1, 2, 3}}), 1000, "f.gz"); }, {"f.gz: corrupt"});
}

}  // namespace
}  // namespace kilat
