// The listed pixels are those of a plain loop.
#include "backend/cpu/nonzeros.h"

#include <numeric>

#include "ops/op_test.h"

namespace kilat {

bool operator==(const SparseEntry& a, const SparseEntry& b) {
  return a.offset == b.offset && a.value == b.value;
}
void PrintTo(const SparseEntry& e, std::ostream* out) { *out << e.offset << ": " << e.value; }

namespace {

constexpr float kScale = 1.0F / 255;
constexpr std::size_t kSpare = 70;  // what an entry too many could overwrite
constexpr SparseEntry kUntouched = {0xABCDEF, -7};

std::vector<SparseEntry> list_by_loop(const std::uint8_t* bytes, std::size_t n) {
  std::vector<SparseEntry> entries;
  for (std::size_t i = 0; i < n; ++i) {
    if (bytes[i] == 0) continue;
    entries.push_back(
        {static_cast<std::uint32_t>(i * kNarrowBlock), static_cast<float>(bytes[i]) * kScale});
  }
  return entries;
}

// Expects the plain loop's entries, and nothing behind them.
void expect_listed(const std::uint8_t* bytes, std::size_t n) {
  float value_of[256];
  for (std::size_t i = 0; i < 256; ++i) value_of[i] = static_cast<float>(i) * kScale;
  std::vector<SparseEntry> wanted = list_by_loop(bytes, n);
  const std::size_t count = wanted.size();
  ASSERT_EQ(count_nonzeros(bytes, n), count) << n << " bytes";
  std::vector<SparseEntry> got(count + kSpare, kUntouched);
  ASSERT_EQ(list_nonzeros(bytes, n, value_of, kScale, got.data()), count) << n << " bytes";
  wanted.resize(count + kSpare, kUntouched);
  ASSERT_EQ(got, wanted) << n << " bytes";
}

std::vector<std::size_t> lengths() {
  std::vector<std::size_t> n(201);
  std::iota(n.begin(), n.end(), std::size_t{0});
  n.push_back(784);
  return n;
}

// n bytes that begin at any address, followed by some that do not count.
TEST(NonzerosTest, AreThoseOfAPlainLoopForEveryLengthAndDensity) {
  for (const std::size_t n : lengths()) {
    for (const unsigned percent : {0, 1, 20, 50, 99, 100}) {
      const std::size_t start = n % 7;
      std::vector<std::uint8_t> bytes(start + n + 64, 255);
      const auto dice = random_bytes(n, static_cast<unsigned>(n) + percent, 100);
      const auto values = random_bytes(n, percent, 255);
      for (std::size_t i = 0; i < n; ++i) {
        bytes[start + i] = dice[i] < percent ? static_cast<std::uint8_t>(values[i] + 1) : 0;
      }
      expect_listed(bytes.data() + start, n);
      if (testing::Test::HasFatalFailure()) return;
    }
  }
}

TEST(NonzerosTest, OneByteIsFoundWhereverItIs) {
  for (const std::size_t n : lengths()) {
    std::vector<std::uint8_t> bytes(n);
    for (std::size_t i = 0; i < n; ++i) {
      bytes[i] = i % 2 == 0 ? 1 : 128;  // the lowest bit alone, and the highest
      expect_listed(bytes.data(), n);
      if (testing::Test::HasFatalFailure()) return;
      bytes[i] = 0;
    }
  }
}

TEST(NonzerosTest, EveryByteHasItsValue) {
  std::vector<std::uint8_t> bytes(256);
  std::iota(bytes.begin(), bytes.end(), std::uint8_t{0});
  expect_listed(bytes.data(), bytes.size());
}

}  // namespace
}  // namespace kilat
