#include "backend/cpu/sparse.h"

#include <algorithm>

#include "backend/cpu/simd.h"
#include "backend/cpu/update_rule.h"

namespace kilat {
namespace {

// A row of a block in registers.
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

// Rows are far apart, which hides their order from the hardware's own prefetching.
constexpr std::size_t kAhead = 12;
template <std::size_t block, int write>
KILAT_INLINE void prefetch(const float* row) {
  __builtin_prefetch(row, write);
  if (block > 16) __builtin_prefetch(row + 16, write);
}

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

// Calls finish.whole(row of C, row of S · D), or finish.part(row of C, row of S · D in memory).
template <std::size_t lanes, std::size_t block, class Finish>
KILAT_INLINE void multiply_block(const SparseProduct& p, const Finish& finish) {
  if (p.width == block) {
    for (std::size_t r = p.first; r < p.last; ++r) {
      finish.whole(p.c + r * p.stride, multiply_row<lanes, block>(p, r));
    }
  } else {
    float product[block];
    for (std::size_t r = p.first; r < p.last; ++r) {
      store(product, multiply_row<lanes, block>(p, r));
      finish.part(p.c + r * p.stride, product);
    }
  }
}
template <std::size_t lanes, class Finish>
KILAT_INLINE void multiply(const SparseProduct& p, const Finish& finish) {
  if (p.d->block == kWideBlock) {
    multiply_block<lanes, kWideBlock>(p, finish);
  } else {
    multiply_block<lanes, kNarrowBlock>(p, finish);
  }
}

template <std::size_t lanes>
struct Gemm {
  const SparseGemm& a;

  template <std::size_t block>
  KILAT_INLINE void whole(float* c, Row<lanes, block> product) const {
    if (a.accumulate) {
      const auto before = load<lanes, block>(c);
      for (std::size_t i = 0; i < product.kVectors; ++i) product.v[i] += before.v[i];
    }
    store(c, product);
  }
  KILAT_INLINE void part(float* c, const float* product) const {
    for (std::size_t j = 0; j < a.width; ++j) c[j] = a.accumulate ? c[j] + product[j] : product[j];
  }
};

template <std::size_t lanes>
struct BiasRelu {
  const SparseBiasRelu& a;

  template <std::size_t block>
  KILAT_INLINE void whole(float* c, Row<lanes, block> product) const {
    const auto bias = load<lanes, block>(a.bias);
    constexpr Floats<lanes> kZero = {};
    for (std::size_t i = 0; i < product.kVectors; ++i) {
      const auto x = product.v[i] + bias.v[i];
      product.v[i] = x <= 0 ? kZero : x;  // a NaN compares false and stays
    }
    store(c, product);
  }
  KILAT_INLINE void part(float* c, const float* product) const {
    for (std::size_t j = 0; j < a.width; ++j) {
      const float x = product[j] + a.bias[j];
      c[j] = x <= 0 ? 0 : x;
    }
  }
};

template <std::size_t lanes>
struct Update {
  const SparseUpdate& a;

  template <std::size_t block>
  KILAT_INLINE void whole(float* w, const Row<lanes, block>& product) const {
    float* v = a.velocity + (w - a.c);
    prefetch<block, 1>(w + kAhead * a.stride);
    prefetch<block, 1>(v + kAhead * a.stride);
    for (std::size_t i = 0; i < product.kVectors; ++i) {
      note(w + i * lanes,
           descend<lanes>(w + i * lanes, product.v[i], v + i * lanes, a.rule, a.rate));
    }
  }
  KILAT_INLINE void part(float* w, const float* product) const {
    float* v = a.velocity + (w - a.c);
    for (std::size_t j = 0; j < a.width; j += lanes) {
      note(w + j, descend_part<lanes>(w + j, product + j, v + j, std::min(lanes, a.width - j),
                                      a.rule, a.rate));
    }
  }

 private:
  KILAT_INLINE void note(const float* w, const Mask<lanes>& bad) const {
    const std::size_t lane = first_lane<lanes>(bad);
    if (lane == lanes) return;
    *a.fault = std::min(*a.fault, static_cast<std::size_t>(w - a.c) + lane);
  }
};

template <std::size_t lanes, std::size_t block>
KILAT_INLINE void pack_rows(const PackArguments& a) {
  Row<lanes, block> poison = {};
  for (std::size_t r = 0; r < a.rows; ++r) {
    const float* from = a.d + r * a.stride;
    prefetch<block, 0>(from + kAhead * a.stride);
    float part[block];
    if (a.width != block) {
      for (std::size_t j = 0; j < block; ++j) part[j] = j < a.width ? from[j] : 0;
      from = part;
    }
    const auto row = load<lanes, block>(from);
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

template <std::size_t lanes>
KILAT_INLINE void gemm(const SparseGemm& a) {
  multiply<lanes>(a, Gemm<lanes>{a});
}
template <std::size_t lanes>
KILAT_INLINE void bias_relu(const SparseBiasRelu& a) {
  multiply<lanes>(a, BiasRelu<lanes>{a});
}
template <std::size_t lanes>
KILAT_INLINE void update(const SparseUpdate& a) {
  multiply<lanes>(a, Update<lanes>{a});
}

}  // namespace

KILAT_SIMD(pack_block, pack, PackArguments)
KILAT_SIMD(sparse_gemm, gemm, SparseGemm)
KILAT_SIMD(sparse_bias_relu, bias_relu, SparseBiasRelu)
KILAT_SIMD(sparse_update, update, SparseUpdate)
KILAT_SIMD(sparse_scatter, scatter, SparseScatter)

}  // namespace kilat
