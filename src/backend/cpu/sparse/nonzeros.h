// The bytes of a data set that are not zero, which stay in memory beside it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "backend/cpu/sparse/sparse.h"
#include "backend/cpu/team.h"
#include "backend/host.h"

namespace kilat {

// A product that leaves zeros out takes about 1.6 times as long for each number that it multiplies:
// a set is sparse if at most one of so many bytes is not zero.
constexpr std::size_t kSparseShare = 2;

// Writes 256 · column + byte for those of a row's n bytes that are not zero, from `to` on, and
// returns where the next row's go. `end` is that of the room there is: nothing is written from it
// on.
std::uint32_t* list_nonzeros(const std::uint8_t* bytes, std::size_t n, std::uint32_t* to,
                             const std::uint32_t* end);

// Four bytes each, by row and in the order of their columns.
class Nonzeros {
 public:
  static constexpr std::size_t kMostColumns = std::size_t{1} << 24;

  // Those of bytes [rows, columns]; none where these are not sparse, or the columns too many. Takes
  // new memory only where more is needed than the last time.
  void list_all(const std::uint8_t* bytes, std::size_t rows, std::size_t columns, Team& team);

  bool is_listed() const { return is_listed_; }
  std::size_t count(std::size_t row) const { return begin_[row + 1] - begin_[row]; }
  // Row by row, one is best fetched while those before it are listed.
  void prefetch(std::size_t row) const {
    constexpr std::size_t kLine = 64 / sizeof(std::uint32_t);
    for (std::size_t i = begin_[row]; i < begin_[row + 1]; i += kLine) {
      __builtin_prefetch(numbers_.data() + i);
    }
  }
  // The row's numbers: kNarrowBlock times their column, and scale · byte. Writes count(row)
  // entries.
  void list(std::size_t row, float scale, SparseEntry* entries) const;

 private:
  HostBuffer<std::uint32_t> numbers_;  // 256 · column + byte
  HostBuffer<std::size_t> begin_;      // [rows + 1]
  bool is_listed_ = false;
};

}  // namespace kilat
