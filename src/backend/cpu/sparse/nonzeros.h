// The non-zero bytes of a data set, listed once and kept in memory beside it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "backend/cpu/sparse/sparse.h"
#include "backend/cpu/team.h"
#include "backend/host.h"

namespace kilat {

// A set is sparse if at most one in kSparseShare of its bytes is not zero. A product that skips
// zeros takes about 1.6 times as long for each number that it multiplies as a dense one does.
constexpr std::size_t kSparseShare = 2;

// Writes 256 · column + byte, from `to` on, for each non-zero one of a row's n bytes, and returns
// the end of what it wrote, where the next row continues. Never writes at `end` or behind it.
std::uint32_t* list_nonzeros(const std::uint8_t* bytes, std::size_t n, std::uint32_t* to,
                             const std::uint32_t* end);

// A list of the non-zero bytes by row, in the order of their columns; four bytes an entry.
class Nonzeros {
 public:
  static constexpr std::size_t kMostColumns = std::size_t{1} << 24;

  // Lists the non-zero ones of bytes [rows, columns]. Lists nothing if they are not sparse or there
  // are too many columns. Allocates only if more memory is needed than the last time.
  void list_all(const std::uint8_t* bytes, std::size_t rows, std::size_t columns, Team& team);

  bool is_listed() const { return is_listed_; }
  std::size_t count(std::size_t row) const { return begin_[row + 1] - begin_[row]; }
  // Prefetches the row's entries, to call while earlier rows are listed.
  void prefetch(std::size_t row) const {
    constexpr std::size_t kLine = 64 / sizeof(std::uint32_t);
    for (std::size_t i = begin_[row]; i < begin_[row + 1]; i += kLine) {
      __builtin_prefetch(numbers_.data() + i);
    }
  }
  // Writes the row's count(row) entries: kNarrowBlock times the column, and scale · byte.
  void list(std::size_t row, float scale, SparseEntry* entries) const;

 private:
  HostBuffer<std::uint32_t> numbers_;  // 256 · column + byte
  HostBuffer<std::size_t> begin_;      // [rows + 1]
  bool is_listed_ = false;
};

}  // namespace kilat
