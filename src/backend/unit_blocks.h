// How a device that stores the first layer's weight by feature divides its units.
#pragma once

#include <algorithm>
#include <cstddef>

namespace kilat {

// A run of units whose weights lie together, behind those of the units before: [features][width],
// where the columns beyond `units` are zero. Only the layer's last block may have such columns.
struct UnitBlock {
  std::size_t first = 0;  // unit
  std::size_t units = 0;  // at least 1
  std::size_t width = 0;  // units, rounded up to groups of UnitBlocks::kGroup
  bool is_only = false;   // whether the layer has no other group
};

// The units of a layer in blocks of at most kMost. Each of `owners` has the same number of groups,
// give or take one, in blocks of its own.
class UnitBlocks {
 public:
  static constexpr std::size_t kGroup = 16;  // units: one cache line of a feature's weights
  static constexpr std::size_t kMost = 64;   // units: as many sums as fit in registers

  // None: the weight is stored [units, features], as in files.
  UnitBlocks() = default;
  // `owners` is at most the number of groups.
  UnitBlocks(std::size_t units, std::size_t owners) : units_(units), owners_(owners) {}

  static constexpr std::size_t groups_of(std::size_t units) {
    return (units + kGroup - 1) / kGroup;
  }

  bool empty() const { return owners_ == 0; }
  std::size_t owners() const { return owners_; }
  // Of all blocks together: there are so many numbers a feature.
  std::size_t width() const { return groups_of(units_) * kGroup; }

  // Calls f(UnitBlock) for each block of an owner.
  template <class F>
  void for_each_of(std::size_t owner, const F& f) const {
    const std::size_t groups = groups_of(units_);
    const std::size_t begin = groups * owner / owners_, end = groups * (owner + 1) / owners_;
    constexpr std::size_t kMostGroups = kMost / kGroup;
    const std::size_t blocks = (end - begin + kMostGroups - 1) / kMostGroups;
    for (std::size_t i = 0; i < blocks; ++i) {
      const std::size_t first = (begin + (end - begin) * i / blocks) * kGroup;
      const std::size_t last = (begin + (end - begin) * (i + 1) / blocks) * kGroup;
      f(UnitBlock{first, std::min(last, units_) - first, last - first, groups == 1});
    }
  }
  template <class F>
  void for_each(const F& f) const {
    for (std::size_t owner = 0; owner < owners_; ++owner) for_each_of(owner, f);
  }

 private:
  std::size_t units_ = 0, owners_ = 0;
};

}  // namespace kilat
