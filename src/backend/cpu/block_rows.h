// The rows of a block of units, in registers: inlined into loops that are compiled for several
// kinds of vectors.
#pragma once

#include <cstddef>

#include "backend/cpu/simd.h"
#include "backend/unit_blocks.h"

namespace kilat {

constexpr std::size_t kGroup = UnitBlocks::kGroup;

// `groups` groups of 16 numbers.
template <std::size_t lanes, std::size_t groups>
struct Row {
  static constexpr std::size_t kVectors = groups * kGroup / lanes;
  Floats<lanes> v[kVectors];
};

template <std::size_t lanes, std::size_t groups>
KILAT_INLINE Row<lanes, groups> load(const float* from) {
  Row<lanes, groups> row;
#pragma GCC unroll 16
  for (std::size_t i = 0; i < row.kVectors; ++i) row.v[i] = floats_at<lanes>(from + i * lanes);
  return row;
}

template <std::size_t lanes, std::size_t groups>
KILAT_INLINE void store(float* to, const Row<lanes, groups>& row) {
#pragma GCC unroll 16
  for (std::size_t i = 0; i < row.kVectors; ++i) floats_at<lanes>(to + i * lanes) = row.v[i];
}

// sum += x · row
template <std::size_t lanes, std::size_t groups>
KILAT_INLINE void add_product(Row<lanes, groups>& sum, const Floats<lanes>& x, const float* row) {
#pragma GCC unroll 16
  for (std::size_t i = 0; i < sum.kVectors; ++i) {
    sum.v[i] = multiply_add<lanes>(x, floats_at<lanes>(row + i * lanes), sum.v[i]);
  }
}

// sum += other
template <std::size_t lanes, std::size_t groups>
KILAT_INLINE void add(Row<lanes, groups>& sum, const Row<lanes, groups>& other) {
#pragma GCC unroll 16
  for (std::size_t i = 0; i < sum.kVectors; ++i) sum.v[i] += other.v[i];
}

// Calls f.template operator()<groups>(column) for runs of columns of a block that many wide, which
// together are the block: for one run where its sums fit in registers, else for each group.
template <std::size_t lanes, class F>
KILAT_INLINE void with_groups(std::size_t width, const F& f) {
  if constexpr (lanes == 4) {
    for (std::size_t j = 0; j < width; j += kGroup) f.template operator()<1>(j);
  } else {
    switch (width / kGroup) {
      case 1:
        return f.template operator()<1>(0);
      case 2:
        return f.template operator()<2>(0);
      case 3:
        return f.template operator()<3>(0);
      default:
        return f.template operator()<4>(0);
    }
  }
}

}  // namespace kilat
