#include "backend/cpu/sparse/sparse.h"

#include <algorithm>

#include "backend/cpu/column_offsets.h"
#include "backend/cpu/finish_row.h"

namespace kilat {
namespace {

template <std::size_t lanes, std::size_t block>
KILAT_INLINE void add(Row<lanes, block>& sum, const SparseEntry& entry, const float* d) {
  const float* row = d + entry.offset * (block / kNarrowBlock);
  for (std::size_t i = 0; i < sum.kVectors; ++i) {
    sum.v[i] = multiply_add<lanes>(entry.value, floats_at<lanes>(row + i * lanes), sum.v[i]);
  }
}

template <std::size_t lanes, std::size_t block>
KILAT_INLINE void add(Row<lanes, block>& sum, const Row<lanes, block>& other) {
  for (std::size_t i = 0; i < sum.kVectors; ++i) sum.v[i] += other.v[i];
}

// Keeps several partial sums, as a single one would wait for its previous addition: as many as fill
// 8 of 16 registers.
template <std::size_t lanes, std::size_t block>
KILAT_INLINE Row<lanes, block> multiply_row(const SparseProduct& p, std::size_t row) {
  using Sum = Row<lanes, block>;
  constexpr std::size_t kSums = std::clamp<std::size_t>(8 / Sum::kVectors, 1, 4);
  Sum sums[kSums] = {load<lanes, block>(p.d->start)};
  const float* d = p.d->values;
  const SparseEntry* entry = p.s.entries + p.s.begin[row];
  const SparseEntry* end = p.s.entries + p.s.begin[row + 1];
  for (; end - entry >= static_cast<std::ptrdiff_t>(kSums); entry += kSums) {
#pragma GCC unroll 4
    for (std::size_t i = 0; i < kSums; ++i) add(sums[i], entry[i], d);
  }
  for (; entry != end; ++entry) add(sums[0], *entry, d);
  for (std::size_t n = kSums / 2; n > 0; n /= 2) {
    for (std::size_t i = 0; i < n; ++i) add(sums[i], sums[i + n]);
  }
  return sums[0];
}

// Whether rows of the product that are zero need not be finished: they would change nothing.
template <class To>
bool is_still(const To& /*to*/) {
  return false;
}
bool is_still(const UpdateTo& to) { return leaves_at_rest(to.descent.optimizer); }

// Skips the rows of S without elements where a product of zero changes nothing in C.
template <std::size_t lanes, std::size_t block, class To>
KILAT_INLINE void multiply_block(const SparseProduct& p, const To& to) {
  const bool skips =
      is_still(to) && std::all_of(p.d->start, p.d->start + block, [](float x) { return x == 0; });
  with_finish<lanes>(to, [&](const auto& finish) KILAT_INLINED_LAMBDA {
    for (std::size_t r = p.first; r < p.last; ++r) {
      if (skips && p.s.begin[r] == p.s.begin[r + 1]) continue;
      finish_row(finish, r, multiply_row<lanes, block>(p, r));
    }
  });
}
// Copies the arguments, so that the compiler knows that no store to C changes them.
template <std::size_t lanes, class To>
KILAT_INLINE void multiply_rows(const SparseInto<To>& a) {
  const SparseInto<To> copy = a;
  if (a.product.d->block == kWideBlock) {
    multiply_block<lanes, kWideBlock>(copy.product, copy.to);
  } else {
    multiply_block<lanes, kNarrowBlock>(copy.product, copy.to);
  }
}

template <std::size_t lanes, std::size_t block>
KILAT_INLINE void pack_rows(const PackArguments& a) {
  const BlockRows<lanes, block> rows(a.d, a.stride, a.rows, a.width);
  Row<lanes, block> start = {};
  for (std::size_t r = 0; r < a.rows; ++r) {
    prefetch<block, 0>(a.d + (r + kAhead) * a.stride);
    const auto row = rows[r];
    store(a.block->values + r * block, row);
    for (std::size_t i = 0; i < row.kVectors; ++i) start.v[i] += 0 * row.v[i];
  }
  if (a.taken != 0) {
    float offsets[kWideBlock];
    column_offsets(a.taken, a.d, a.stride, a.rows, a.width, offsets);
    for (std::size_t i = 0; i < start.kVectors; ++i) {
      start.v[i] -= floats_at<lanes>(offsets + i * lanes);
    }
  }
  store(a.block->start, start);
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
  const Sums start = load<lanes, kNarrowBlock>(a.d->start);
  for (std::size_t k = 0; k < a.c_rows; ++k) store(a.sums + k * kNarrowBlock, start);
  float* sums = a.sums;
  for (std::size_t r = 0; r < a.s_rows; ++r) {
    const Sums d = load<lanes, kNarrowBlock>(a.d->values + r * kNarrowBlock);
    const SparseEntry* end = a.s.entries + a.s.begin[r + 1];
    for (const SparseEntry* e = a.s.entries + a.s.begin[r]; e != end; ++e) {
      const SparseEntry entry = *e;
      float* sum = sums + entry.offset;
      for (std::size_t i = 0; i < d.kVectors; ++i) {
        auto& to = floats_at<lanes>(sum + i * lanes);
        to = multiply_add<lanes>(entry.value, d.v[i], to);
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
KILAT_SIMD(make, multiply_rows, SparseInto<BiasActivationTo>)
KILAT_SIMD(make, multiply_rows, SparseInto<UpdateTo>)
KILAT_SIMD(sparse_scatter, scatter, SparseScatter)

}  // namespace kilat
