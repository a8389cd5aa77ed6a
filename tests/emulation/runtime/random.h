// The numbers behind the schedule: one sequence, which follows from its seed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

namespace emulation {

class Random {
 public:
  void seed(std::uint64_t seed) {
    // Steele, Lea and Flood 2014: spreads near seeds far apart; xorshift must not start at 0.
    std::uint64_t z = seed + 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    state_ = (z ^ (z >> 31)) | 1;
  }
  // Below n, which is not 0. Xorshift (Marsaglia 2003), and a multiplication in place of a modulo.
  std::size_t below(std::size_t n) {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return static_cast<std::size_t>(((state_ >> 32) * n) >> 32);
  }
  template <class Sequence>
  void shuffle(Sequence& sequence) {
    for (std::size_t i = sequence.size(); i > 1; --i) {
      std::swap(sequence[i - 1], sequence[below(i)]);
    }
  }

 private:
  std::uint64_t state_ = 1;
};

// The schedule's, of all threads, blocks and streams.
Random& schedule();

}  // namespace emulation
