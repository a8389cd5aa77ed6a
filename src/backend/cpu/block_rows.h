// The rows of a block of columns, in registers: inlined into loops that are compiled for several
// vector widths.
#pragma once

#include <algorithm>
#include <cstddef>

#include "backend/cpu/simd.h"

namespace kilat {

// A row of a block.
template <std::size_t lanes, std::size_t block>
struct Row {
  static constexpr std::size_t kVectors = block / lanes;
  Floats<lanes> v[kVectors];
};

template <std::size_t lanes, std::size_t block>
KILAT_INLINE Row<lanes, block> load(const float* from) {
  Row<lanes, block> row;
  for (std::size_t i = 0; i < row.kVectors; ++i) row.v[i] = floats_at<lanes>(from + i * lanes);
  return row;
}

template <std::size_t lanes, std::size_t block>
KILAT_INLINE void store(float* to, const Row<lanes, block>& row) {
  for (std::size_t i = 0; i < row.kVectors; ++i) floats_at<lanes>(to + i * lanes) = row.v[i];
}

// `width` columns of a matrix with rows `stride` apart, read as rows of a block padded with zeros.
template <std::size_t lanes, std::size_t block>
class BlockRows {
 public:
  KILAT_INLINE BlockRows(const float* first, std::size_t stride, std::size_t rows,
                         std::size_t width)
      : first_(first), stride_(stride), rows_(rows), width_(width) {
    for (std::size_t j = 0; j < block; ++j) there_[j / lanes][j % lanes] = j < width ? -1 : 0;
  }

  // Loads a whole block where the matrix has that many numbers from there on, and masks the rest.
  KILAT_INLINE Row<lanes, block> operator[](std::size_t r) const {
    if (r >= rows_) return {};
    const float* from = first_ + r * stride_;
    if (width_ == block) return load<lanes, block>(from);
    if (r * stride_ + block > (rows_ - 1) * stride_ + width_) {
      float part[block] = {};
      std::copy_n(from, width_, part);
      return load<lanes, block>(part);
    }
    auto row = load<lanes, block>(from);
    for (std::size_t i = 0; i < row.kVectors; ++i) {
      row.v[i] =
          reinterpret_cast<Floats<lanes>>(reinterpret_cast<Mask<lanes>>(row.v[i]) & there_[i]);
    }
    return row;
  }

 private:
  const float* first_;
  std::size_t stride_, rows_, width_;
  Mask<lanes> there_[block / lanes];
};

}  // namespace kilat
