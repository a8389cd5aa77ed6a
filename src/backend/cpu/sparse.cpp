#include "backend/cpu/sparse.h"

#include "backend/cpu/finish_row.h"

namespace kilat {
namespace {

template <std::size_t lanes, std::size_t block>
KILAT_INLINE void add(Row<lanes, block>& sum, const SparseEntry& entry, const float* d) {
  const float* row = d + entry.offset * (block / kNarrowBlock);
  for (std::size_t i = 0; i < sum.kVectors; ++i) {
    sum.v[i] += entry.value * floats_at<lanes>(row + i * lanes);
  }
}

// Four sums side by side, as one alone would wait for its own additions.
template <std::size_t lanes, std::size_t block>
KILAT_INLINE Row<lanes, block> multiply_row(const SparseProduct& p, std::size_t row) {
  const float* d = p.d->values;
  Row<lanes, block> sum = load<lanes, block>(p.d->poison), two = {}, three = {}, four = {};
  const SparseEntry* entry = p.s.entries + p.s.begin[row];
  const SparseEntry* end = p.s.entries + p.s.begin[row + 1];
  for (; end - entry >= 4; entry += 4) {
    add(sum, entry[0], d);
    add(two, entry[1], d);
    add(three, entry[2], d);
    add(four, entry[3], d);
  }
  for (; entry != end; ++entry) add(sum, *entry, d);
  for (std::size_t i = 0; i < sum.kVectors; ++i) sum.v[i] += two.v[i] + (three.v[i] + four.v[i]);
  return sum;
}

template <std::size_t lanes, std::size_t block, class To>
KILAT_INLINE void multiply_block(const SparseProduct& p, const To& to) {
  for (std::size_t r = p.first; r < p.last; ++r)
    finish_row(to, r, multiply_row<lanes, block>(p, r));
}
template <std::size_t lanes, class To>
KILAT_INLINE void multiply_rows(const SparseInto<To>& a) {
  if (a.product.d->block == kWideBlock) {
    multiply_block<lanes, kWideBlock>(a.product, a.to);
  } else {
    multiply_block<lanes, kNarrowBlock>(a.product, a.to);
  }
}

template <std::size_t lanes, std::size_t block>
KILAT_INLINE void pack_rows(const PackArguments& a) {
  const BlockRows<lanes, block> rows(a.d, a.stride, a.rows, a.width);
  Row<lanes, block> poison = {};
  for (std::size_t r = 0; r < a.rows; ++r) {
    prefetch<block, 0>(a.d + (r + kAhead) * a.stride);
    const auto row = rows[r];
    store(a.block->values + r * block, row);
    for (std::size_t i = 0; i < row.kVectors; ++i) poison.v[i] += 0 * row.v[i];
  }
  store(a.block->poison, poison);
}
template <std::size_t lanes>
KILAT_INLINE void pack(const PackArguments& a) {
  if (a.block->block == kWideBlock) {
    pack_rows<lanes, kWideBlock>(a);
  } else {
    pack_rows<lanes, kNarrowBlock>(a);
  }
}

template <std::size_t lanes>
KILAT_INLINE void scatter(const SparseScatter& a) {
  using Sums = Row<lanes, kNarrowBlock>;
  const Sums poison = load<lanes, kNarrowBlock>(a.d->poison);
  for (std::size_t k = 0; k < a.c_rows; ++k) store(a.sums + k * kNarrowBlock, poison);
  float* sums = a.sums;
  for (std::size_t r = 0; r < a.s_rows; ++r) {
    const Sums d = load<lanes, kNarrowBlock>(a.d->values + r * kNarrowBlock);
    const SparseEntry* end = a.s.entries + a.s.begin[r + 1];
    for (const SparseEntry* e = a.s.entries + a.s.begin[r]; e != end; ++e) {
      const SparseEntry entry = *e;
      float* sum = sums + entry.offset;
      for (std::size_t i = 0; i < d.kVectors; ++i) {
        floats_at<lanes>(sum + i * lanes) += entry.value * d.v[i];
      }
    }
  }
  for (std::size_t k = 0; k < a.c_rows; ++k) {
    const float* sum = a.sums + k * kNarrowBlock;
    float* c = a.c + k * a.stride;
    for (std::size_t j = 0; j < a.width; ++j) c[j] = a.accumulate ? c[j] + sum[j] : sum[j];
  }
}

}  // namespace

KILAT_SIMD(pack_block, pack, PackArguments)
KILAT_SIMD(make, multiply_rows, SparseInto<StoreTo>)
KILAT_SIMD(make, multiply_rows, SparseInto<BiasReluTo>)
KILAT_SIMD(make, multiply_rows, SparseInto<UpdateTo>)
KILAT_SIMD(sparse_scatter, scatter, SparseScatter)

}  // namespace kilat
