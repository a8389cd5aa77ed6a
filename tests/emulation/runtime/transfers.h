// Copies that arrive by themselves, in pieces, late, in any order; and barriers that count their
// bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "hardware.h"

namespace emulation {

class Grid;
struct Block;

// What a ByteBarrier's 64 bits hold.
struct Arrivals {
  std::uint32_t phase : 1;
  std::uint32_t expected : 15;  // threads
  std::uint32_t missing : 16;   // of these
  std::int32_t bytes;           // announced, less those that came
};
Arrivals arrivals_of(const hardware::ByteBarrier& barrier);

class Transfers {
 public:
  void begin(const Block& to_block, void* to, const void* from, std::size_t bytes,
             hardware::ByteBarrier* barrier);
  bool empty() const { return under_way_.empty(); }
  // A piece of one of them arrives.
  void progress(Grid& grid);

 private:
  struct Transfer {
    const Block* block;  // that it goes to
    std::byte* to;
    const std::byte* from;
    hardware::ByteBarrier* barrier;
    std::size_t bytes;
    std::vector<std::size_t> pieces;  // still to come, by their number
  };
  std::vector<Transfer> under_way_;
};

}  // namespace emulation
