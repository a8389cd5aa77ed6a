// Products with few columns or few terms, for which oneDNN's calls cost more than their arithmetic.
#pragma once

#include <cstddef>

namespace kilat {

// c[i][j] (+)= Σ_k a(i, k) · b[k][j] for i < rows, j < width, k < depth, where a(i, k) is
// a[i · a_row + k · a_term]. Each sum is in the order of k. `width` is 16, 32, 48 or 64; numbers of
// B and C are read and written up to that.
struct SmallProduct {
  const float* a = nullptr;
  std::size_t a_row = 0, a_term = 1;
  const float* b = nullptr;
  std::size_t b_row = 0;  // numbers from a row of B to the next
  std::size_t rows = 0, depth = 0, width = 0;
  float* c = nullptr;  // [rows][width]
  bool accumulate = false;
};
void multiply(const SmallProduct& p);

// c[i][j] = Σ_k a[i][k] · b[j][k]: dots of rows that lie `depth` numbers apart.
struct DotProducts {
  static constexpr std::size_t kMostColumns = 64;

  const float* a = nullptr;  // [rows][depth]
  const float* b = nullptr;  // [columns][depth]
  std::size_t rows = 0, columns = 0, depth = 0;
  float* c = nullptr;  // [rows][columns]
};
void multiply(const DotProducts& p);

}  // namespace kilat
