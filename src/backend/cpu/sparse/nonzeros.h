// The non-zero bytes of a data set, listed once and kept in memory beside it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "backend/cpu/team.h"
#include "backend/host.h"

namespace kilat {

// A set is sparse if at most kSparsePercent of its bytes are not zero. To skip zeros costs
// something for each number that is multiplied, but the others are not multiplied.
constexpr std::size_t kSparsePercent = 80;

// Writes 256 · column + byte, from `to` on, for each non-zero one of a row's n bytes, and returns
// the end of what it wrote, where the next row continues. Never writes at `end` or behind it.
std::uint32_t* list_nonzeros(const std::uint8_t* bytes, std::size_t n, std::uint32_t* to,
                             const std::uint32_t* end);

// A list of the non-zero bytes by row, in the order of their columns; four bytes an entry.
class Nonzeros {
 public:
  static constexpr std::size_t kMostColumns = (std::size_t{1} << 24) - 1;

  // Lists the non-zero ones of bytes [rows, columns]. Lists nothing if they are not sparse or there
  // are too many columns. Allocates only if more memory is needed than the last time.
  void list_all(const std::uint8_t* bytes, std::size_t rows, std::size_t columns, Team& team);

  bool is_listed() const { return is_listed_; }

  // The numbers of a row: begin(row) to end(row).
  const std::uint32_t* begin(std::size_t row) const { return numbers_.data() + begin_[row]; }
  const std::uint32_t* end(std::size_t row) const { return numbers_.data() + begin_[row + 1]; }
  // Fetches into the cache where a row's numbers are.
  void prefetch_row(std::size_t row) const { __builtin_prefetch(begin_.data() + row); }
  // What a number stands for.
  static constexpr std::size_t column(std::uint32_t number) { return number >> 8; }
  static constexpr std::uint8_t byte(std::uint32_t number) {
    return static_cast<std::uint8_t>(number);
  }
  // Numbers of columns before this one are smaller, others are not.
  static constexpr std::uint32_t first_of_column(std::size_t column) {
    return column < kMostColumns ? static_cast<std::uint32_t>(column << 8) : ~std::uint32_t{0};
  }

 private:
  HostBuffer<std::uint32_t> numbers_;  // 256 · column + byte
  HostBuffer<std::size_t> begin_;      // [rows + 1]
  bool is_listed_ = false;
};

}  // namespace kilat
