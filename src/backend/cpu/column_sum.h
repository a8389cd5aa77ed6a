// Sums of a matrix's columns.
#pragma once

#include <cstddef>

namespace kilat {

// sum[j] += Σ of column j of the rows, in their order, for columns [begin, end).
struct ColumnSum {
  float* sum = nullptr;  // [columns]
  const float* rows = nullptr;
  std::size_t count = 0, stride = 0;
  std::size_t begin = 0, end = 0;  // columns
};

void add_columns(const ColumnSum& c);

}  // namespace kilat
