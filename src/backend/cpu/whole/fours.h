// Rows of bytes as lists of fours, without those that are zero.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "backend/cpu/team.h"
#include "backend/host.h"

namespace kilat {

// The bytes 4 · index[i] to 4 · index[i] + 3 of a row, for each four that is not zero; the first
// byte is the lowest of bytes[i].
struct Fours {
  const std::uint32_t* bytes = nullptr;
  const std::uint16_t* index = nullptr;
  std::size_t count = 0;
};

constexpr std::size_t fours_of(std::size_t bytes) { return (bytes + 3) / 4; }

// Lists the fours of a row of `n` bytes, at most 4 · 65,536, as if zeros followed it.
struct FourListing {
  const std::uint8_t* row = nullptr;
  std::size_t n = 0;
  std::uint32_t* bytes = nullptr;  // room for fours_of(n)
  std::uint16_t* index = nullptr;  // likewise
  std::size_t* count = nullptr;    // gets their number
};
void list_fours(const FourListing& l);

// The fours of each row of a data set; six bytes each.
class ListedFours {
 public:
  // Lists those of bytes [rows, columns]. Allocates only if more memory is needed than the last
  // time.
  void list_all(const std::uint8_t* bytes, std::size_t rows, std::size_t columns, Team& team);

  Fours row(std::size_t r) const {
    return {bytes_.data() + begin_[r], index_.data() + begin_[r], begin_[r + 1] - begin_[r]};
  }

 private:
  HostBuffer<std::uint32_t> bytes_;
  HostBuffer<std::uint16_t> index_;
  HostBuffer<std::size_t> begin_;  // [rows + 1]
  // A row's list as it is made, of each member.
  struct Row {
    HostBuffer<std::uint32_t> bytes;
    HostBuffer<std::uint16_t> index;
  };
  std::vector<Row> made_;
};

}  // namespace kilat
