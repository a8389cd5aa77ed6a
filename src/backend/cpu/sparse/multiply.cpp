#include <algorithm>

#include "backend/cpu/block_rows.h"
#include "backend/cpu/sparse/sparse.h"

namespace kilat {
namespace {

// Adds the products of numbers below `limit` to a row of sums; returns the first number that is
// not. Keeps kSums sums side by side, as each waits for its previous addition.
template <std::size_t kSums, bool kLimited, std::size_t lanes, std::size_t groups>
KILAT_INLINE const std::uint32_t* add_numbers(Row<lanes, groups>& sum, const SparseProduct& p,
                                              const float* w, const std::uint32_t* number,
                                              const std::uint32_t* end, std::uint32_t limit) {
  using Sum = Row<lanes, groups>;
  const std::size_t width = lanes == 4 ? p.width : groups * kGroup;
  const auto add_number = [&](Sum& to, std::uint32_t n) KILAT_INLINED_LAMBDA {
    add_product(to, broadcast_from<lanes>(p.values->of + Nonzeros::byte(n)),
                w + Nonzeros::column(n) * width);
  };
  Sum others[kSums] = {};
  for (; end - number >= static_cast<std::ptrdiff_t>(kSums); number += kSums) {
    if (kLimited && number[kSums - 1] >= limit) break;
    add_number(sum, number[0]);
#pragma GCC unroll 4
    for (std::size_t i = 1; i < kSums; ++i) add_number(others[i], number[i]);
  }
  for (; number != end && (!kLimited || *number < limit); ++number) add_number(sum, *number);
#pragma GCC unroll 4
  for (std::size_t i = 1; i < kSums; ++i) add(sum, others[i]);
  return number;
}

// So many rows of weights, of at most 256 bytes, stay near while the rows of the batch pass. The
// same for narrower blocks: the order of additions depends on it.
constexpr std::size_t kRun = 200;

template <std::size_t kSums, std::size_t lanes, std::size_t groups>
KILAT_INLINE void multiply_columns(const SparseProduct& p, std::size_t j) {
  for (std::size_t r = p.begin; r < p.end; ++r) {
    p.at[r - p.begin] = p.x.set->begin(p.x.index(r));
  }
  for (std::size_t first = 0; first < p.features; first += kRun) {
    const std::uint32_t limit = Nonzeros::first_of_column(first + kRun);
    for (std::size_t r = p.begin; r < p.end; ++r) {
      float* z = p.z + (r - p.begin) * p.width + j;
      Row<lanes, groups> sum = load<lanes, groups>(first == 0 ? p.start + j : z);
      const std::uint32_t*& at = p.at[r - p.begin];
      const std::uint32_t* end = p.x.set->end(p.x.index(r));
      at = add_numbers<kSums, true, lanes, groups>(sum, p, p.w + j, at, end, limit);
      store(z, sum);
    }
  }
}

// A layer of one group of units: all of its weights stay near.
template <std::size_t lanes>
KILAT_INLINE void multiply_narrow(const SparseProduct& p) {
  constexpr std::size_t kSums = lanes == 4 ? 2 : 4;
  for (std::size_t r = p.begin; r < p.end; ++r) {
    const std::size_t row = p.x.index(r);
    Row<lanes, 1> sum = load<lanes, 1>(p.start);
    add_numbers<kSums, false, lanes, 1>(sum, p, p.w, p.x.set->begin(row), p.x.set->end(row), 0);
    store(p.z + (r - p.begin) * p.width, sum);
  }
}

// As many sums side by side as 64 units take, whatever the width of a block: the width depends on
// the number of threads, and the order of additions must not.
template <std::size_t lanes>
KILAT_INLINE void multiply_rows(const SparseProduct& arguments) {
  const SparseProduct p = arguments;
  constexpr std::size_t kSums = std::max<std::size_t>(1, lanes / 8);
  if (p.is_narrow) return multiply_narrow<lanes>(p);
  with_groups<lanes>(p.width, [&]<std::size_t groups>(std::size_t j) KILAT_INLINED_LAMBDA {
    multiply_columns<kSums, lanes, groups>(p, j);
  });
}

}  // namespace

KILAT_SIMD(multiply, multiply_rows, SparseProduct)

}  // namespace kilat
