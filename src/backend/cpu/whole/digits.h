// Numbers as whole ones, in digits to the base of 256 (docs/arithmetic.md).
#pragma once

#include <cstddef>
#include <cstdint>

#include "backend/arithmetic.h"
#include "backend/cpu/simd.h"
#include "backend/cpu/whole/fours.h"
#include "backend/host.h"
#include "backend/unit_blocks.h"

namespace kilat {

constexpr std::size_t kDigits = 3;

// The digits of a matrix [depth][n], in fours of its rows: [fours][columns][4]. The digits d of a
// column j are those of column d · n + j, lowest first; `columns` is a multiple of 16.
struct Digits {
  std::size_t n = 0;
  const std::int8_t* values = nullptr;
  // Of each column of the matrix: its scale, and the sum of its whole numbers. Where a number is
  // not finite, scale.from is NaN and the digits are zero.
  WholeScale scale[UnitBlocks::kMost];
  std::int64_t sum[UnitBlocks::kMost] = {};

  std::size_t columns() const { return columns_of(n); }
  static constexpr std::size_t columns_of(std::size_t n) {
    return UnitBlocks::groups_of(kDigits * n) * UnitBlocks::kGroup;
  }
};

// What digits_of makes them from, and where it stores them.
struct DigitSource {
  const float* from = nullptr;  // [depth][width]
  std::size_t depth = 0;
  std::size_t width = 0;      // a multiple of UnitBlocks::kGroup
  std::size_t n = 0;          // `width`, or less than 16 columns, beyond which all numbers are zero
  std::int8_t* to = nullptr;  // size_of(depth, n)

  // The last columns are written 16 at a time.
  static constexpr std::size_t size_of(std::size_t depth, std::size_t n) {
    return fours_of(depth) * Digits::columns_of(n) * 4 + 64;
  }
};
// Whatever MXCSR says of subnormal numbers.
Digits digits_of(const DigitSource& source);

}  // namespace kilat
