// The numbers of a row are those that a plain loop finds.
#include "backend/cpu/sparse/nonzeros.h"

#include <numeric>

#include "ops/op_test.h"

namespace kilat {

namespace {

constexpr std::size_t kSpare = 70;  // what an entry too many could overwrite

using Numbers = std::vector<std::uint32_t>;

Numbers list_by_loop(const std::uint8_t* bytes, std::size_t n) {
  Numbers numbers;
  for (std::size_t i = 0; i < n; ++i) {
    if (bytes[i] != 0) numbers.push_back(static_cast<std::uint32_t>(256 * i + bytes[i]));
  }
  return numbers;
}

Numbers row_of(const Nonzeros& nonzeros, std::size_t r) {
  return {nonzeros.begin(r), nonzeros.end(r)};
}

// Expects the plain loop's numbers of a row between two that are zero, which make the set sparse.
void expect_listed(const std::vector<std::uint8_t>& row) {
  const std::size_t n = row.size();
  std::vector<std::uint8_t> bytes(3 * n);
  std::copy(row.begin(), row.end(), bytes.begin() + static_cast<std::ptrdiff_t>(n));
  Team team(1);
  Nonzeros nonzeros;
  nonzeros.list_all(bytes.data(), 3, n, team);
  ASSERT_TRUE(nonzeros.is_listed());
  ASSERT_EQ(row_of(nonzeros, 0), Numbers());
  ASSERT_EQ(row_of(nonzeros, 1), list_by_loop(row.data(), n)) << n << " bytes";
  ASSERT_EQ(row_of(nonzeros, 2), Numbers());
}

std::vector<std::size_t> lengths() {
  std::vector<std::size_t> n(200);
  std::iota(n.begin(), n.end(), std::size_t{1});
  n.push_back(784);
  return n;
}

TEST(NonzerosTest, AreThoseOfAPlainLoopForEveryLengthAndDensity) {
  for (const std::size_t n : lengths()) {
    for (const unsigned percent : {0, 1, 20, 50, 99, 100}) {
      std::vector<std::uint8_t> row(n);
      const auto dice = random_bytes(n, static_cast<unsigned>(n) + percent, 100);
      const auto values = random_bytes(n, percent, 255);
      for (std::size_t i = 0; i < n; ++i) {
        row[i] = dice[i] < percent ? static_cast<std::uint8_t>(values[i] + 1) : 0;
      }
      expect_listed(row);
      if (testing::Test::HasFatalFailure()) return;
    }
  }
}

TEST(NonzerosTest, OneByteIsFoundWhereverItIs) {
  for (const std::size_t n : lengths()) {
    std::vector<std::uint8_t> row(n);
    for (std::size_t i = 0; i < n; ++i) {
      row[i] = i % 2 == 0 ? 1 : 128;  // the lowest bit alone, and the highest
      expect_listed(row);
      if (testing::Test::HasFatalFailure()) return;
      row[i] = 0;
    }
  }
}

// What stands there is the next member's.
TEST(NonzerosTest, NothingIsWrittenFromTheEndOn) {
  constexpr std::uint32_t kTheirs = 0xFEEDBEEF;
  for (const std::size_t n : {8, 9, 16, 64, 100}) {
    for (std::size_t count = 0; count <= n; ++count) {
      std::vector<std::uint8_t> row(n);  // zeros follow its last number
      std::fill_n(row.begin(), count, std::uint8_t{7});
      std::vector<std::uint32_t> numbers(count + kSpare, kTheirs);
      const auto* end = numbers.data() + count;
      ASSERT_EQ(list_nonzeros(row.data(), n, numbers.data(), end), end);
      ASSERT_EQ(std::ranges::count(numbers, kTheirs), std::ptrdiff_t{kSpare})
          << count << " of " << n;
    }
  }
}

TEST(NonzerosTest, MembersWriteWhatIsTheirs) {
  constexpr std::size_t kRows = 300, kColumns = 64;
  std::vector<std::uint8_t> bytes(kRows * kColumns);
  for (std::size_t r = 0; r < kRows; ++r) {
    for (std::size_t i = 1; i < kColumns; i += 3) {  // the last two are zero
      bytes[r * kColumns + i] = static_cast<std::uint8_t>(1 + r % 255);
    }
  }
  Team team(3);
  for (int i = 0; i < 50; ++i) {  // it takes the next member to be quicker
    Nonzeros nonzeros;
    nonzeros.list_all(bytes.data(), kRows, kColumns, team);
    for (std::size_t r = 0; r < kRows; ++r) {
      ASSERT_EQ(row_of(nonzeros, r), list_by_loop(bytes.data() + r * kColumns, kColumns)) << r;
    }
  }
}

TEST(NonzerosTest, ANumberIsItsColumnAndItsByte) {
  EXPECT_EQ(Nonzeros::column(256 * 783 + 255), 783U);
  EXPECT_EQ(Nonzeros::byte(256 * 783 + 255), 255);
  EXPECT_EQ(Nonzeros::first_of_column(3), 768U);
  EXPECT_GT(Nonzeros::first_of_column(Nonzeros::kMostColumns), 256 * (Nonzeros::kMostColumns - 1));
  EXPECT_EQ(Nonzeros::first_of_column(Nonzeros::kMostColumns + 1000), ~0U);
}

TEST(NonzerosTest, EveryByteHasItsValue) {
  std::vector<std::uint8_t> row(256);
  std::iota(row.begin(), row.end(), std::uint8_t{0});
  expect_listed(row);
}

}  // namespace
}  // namespace kilat
