#include "backend/cpu/small_product.h"

#include <algorithm>

#include "backend/cpu/block_rows.h"

namespace kilat {
namespace {

// So many rows of B stay in the first-level cache while the rows of A pass.
constexpr std::size_t kTerms = 64;

// Adds terms [first, last) to `count` rows of C from row i on: several rows at once, so that their
// sums do not wait for each other.
template <std::size_t lanes, std::size_t groups, std::size_t count>
KILAT_INLINE void multiply_some(const SmallProduct& p, std::size_t i, std::size_t j,
                                std::size_t first, std::size_t last) {
  Row<lanes, groups> sums[count] = {};
  float* c = p.c + i * p.width + j;
  if (p.accumulate || first != 0) {
#pragma GCC unroll 4
    for (std::size_t n = 0; n < count; ++n) sums[n] = load<lanes, groups>(c + n * p.width);
  }
  const float* a = p.a + i * p.a_row + first * p.a_term;
  const float* b = p.b + first * p.b_row + j;
  for (std::size_t k = first; k < last; ++k, a += p.a_term, b += p.b_row) {
    const Row<lanes, groups> row = load<lanes, groups>(b);
#pragma GCC unroll 4
    for (std::size_t n = 0; n < count; ++n) {
      const Floats<lanes> x = broadcast_from<lanes>(a + n * p.a_row);
#pragma GCC unroll 16
      for (std::size_t v = 0; v < row.kVectors; ++v) {
        sums[n].v[v] = multiply_add<lanes>(x, row.v[v], sums[n].v[v]);
      }
    }
  }
#pragma GCC unroll 4
  for (std::size_t n = 0; n < count; ++n) store(c + n * p.width, sums[n]);
}

template <std::size_t lanes>
KILAT_INLINE void multiply_all(const SmallProduct& arguments) {
  const SmallProduct p = arguments;
  with_groups<lanes>(p.width, [&]<std::size_t groups>(std::size_t j) KILAT_INLINED_LAMBDA {
    // 16 of AVX-512's 32 registers, 8 of the 16 that others have.
    constexpr std::size_t kCount =
        std::clamp<std::size_t>((lanes == 16 ? 16 : 8) / Row<lanes, groups>::kVectors, 1, 4);
    for (std::size_t first = 0; first < p.depth; first += kTerms) {
      const std::size_t last = std::min(p.depth, first + kTerms);
      std::size_t i = 0;
      for (; i + kCount <= p.rows; i += kCount) {
        multiply_some<lanes, groups, kCount>(p, i, j, first, last);
      }
      for (; i < p.rows; ++i) multiply_some<lanes, groups, 1>(p, i, j, first, last);
    }
  });
}

// Copies the last depth % lanes numbers of each row, filled up with zeros to one vector.
template <std::size_t lanes>
KILAT_INLINE void copy_rests(const float* from, std::size_t rows, std::size_t depth, float* to) {
  const std::size_t whole = depth / lanes * lanes;
  for (std::size_t i = 0; i < rows; ++i) {
    std::fill_n(to + i * lanes, lanes, 0.0F);
    for (std::size_t k = whole; k < depth; ++k) to[i * lanes + k - whole] = from[i * depth + k];
  }
}

// A product with the rests of all rows of B, and of the rows of A at hand.
struct Rests {
  const DotProducts& p;
  const float* a;
  const float* b;
};

// Dots of `rows` rows of A from row i on with `columns` rows of B from row j on.
template <std::size_t lanes, std::size_t rows, std::size_t columns>
KILAT_INLINE void some_dots(const Rests& r, std::size_t i, std::size_t j) {
  Floats<lanes> sums[rows][columns] = {};
  const auto add_terms = [&](const float* a, std::size_t a_row, const float* b,
                             std::size_t b_row) KILAT_INLINED_LAMBDA {
#pragma GCC unroll 8
    for (std::size_t m = 0; m < columns; ++m) {
      const Floats<lanes> y = floats_at<lanes>(b + m * b_row);
#pragma GCC unroll 4
      for (std::size_t n = 0; n < rows; ++n) {
        sums[n][m] = multiply_add<lanes>(y, floats_at<lanes>(a + n * a_row), sums[n][m]);
      }
    }
  };
  const DotProducts& p = r.p;
  for (std::size_t k = 0; k + lanes <= p.depth; k += lanes) {
    add_terms(p.a + i * p.depth + k, p.depth, p.b + j * p.depth + k, p.depth);
  }
  if (p.depth % lanes != 0) add_terms(r.a, lanes, r.b + j * lanes, lanes);
  for (std::size_t n = 0; n < rows; ++n) {
    for (std::size_t m = 0; m < columns; ++m) {
      float values[lanes];
      floats_at<lanes>(values) = sums[n][m];
      p.c[(i + n) * p.columns + j + m] = sum_of<lanes>(values);
    }
  }
}

template <std::size_t lanes, std::size_t rows>
KILAT_INLINE void dots_of_rows(const DotProducts& p, const float* b_rests, std::size_t i) {
  constexpr std::size_t kColumns = 5;
  float rests[rows * lanes];
  copy_rests<lanes>(p.a + i * p.depth, rows, p.depth, rests);
  const Rests r{p, rests, b_rests};
  std::size_t j = 0;
  for (; j + kColumns <= p.columns; j += kColumns) some_dots<lanes, rows, kColumns>(r, i, j);
  for (; j < p.columns; ++j) some_dots<lanes, rows, 1>(r, i, j);
}

template <std::size_t lanes>
KILAT_INLINE void all_dots(const DotProducts& arguments) {
  const DotProducts p = arguments;
  float rests[DotProducts::kMostColumns * lanes];
  copy_rests<lanes>(p.b, p.columns, p.depth, rests);
  constexpr std::size_t kRows = 2;
  std::size_t i = 0;
  for (; i + kRows <= p.rows; i += kRows) dots_of_rows<lanes, kRows>(p, rests, i);
  for (; i < p.rows; ++i) dots_of_rows<lanes, 1>(p, rests, i);
}

}  // namespace

KILAT_SIMD(multiply, multiply_all, SmallProduct)
KILAT_SIMD(multiply, all_dots, DotProducts)

}  // namespace kilat
