// Stores, activates or updates with one row of a product's block: inlined into loops that are
// compiled for several vector widths.
#pragma once

#include <algorithm>
#include <cstddef>

#include "backend/cpu/block_rows.h"
#include "backend/cpu/finish.h"
#include "backend/cpu/simd.h"
#include "backend/cpu/update_rule.h"

namespace kilat {

// Rows are prefetched this many ahead: they are too far apart for the hardware's prefetcher.
constexpr std::size_t kAhead = 12;
template <std::size_t block, int write>
KILAT_INLINE void prefetch(const float* row) {
  __builtin_prefetch(row, write);
  if (block > 16) __builtin_prefetch(row + 16, write);
}

// The finishers. Each has whole(row of C, row of the product), and part(row of C, row of the
// product in memory) for a block that is narrower than `block`.
template <std::size_t lanes>
struct Store {
  const StoreTo& a;

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

template <std::size_t lanes, ActivationKind kind>
struct BiasActivation {
  const BiasActivationTo& a;

  template <std::size_t block>
  KILAT_INLINE void whole(float* c, Row<lanes, block> product) const {
    const auto bias = load<lanes, block>(a.bias);
    const Floats<lanes> slope = broadcast<lanes>(a.activation.slope);
    for (std::size_t i = 0; i < product.kVectors; ++i) {
      product.v[i] = activate<kind, Floats<lanes>>(product.v[i] + bias.v[i], slope);
    }
    store(c, product);
  }
  KILAT_INLINE void part(float* c, const float* product) const {
    for (std::size_t j = 0; j < a.width; ++j) {
      c[j] = activate<kind>(product[j] + a.bias[j], a.activation.slope);
    }
  }
};

template <std::size_t lanes, Rule rule>
struct Update {
  const UpdateTo& a;

  template <std::size_t block>
  KILAT_INLINE void whole(float* w, const Row<lanes, block>& product) const {
    const OptimizerState<float> state = state_of(w);
    prefetch<block, 1>(w + kAhead * a.stride);
    for (std::size_t k = 0; k < state_blocks(rule); ++k) {
      prefetch<block, 1>(state.block[k] + kAhead * a.stride);
    }
    Mask<lanes> bad[product.kVectors], any = {};
#pragma GCC unroll 8
    for (std::size_t i = 0; i < product.kVectors; ++i) {
      const std::size_t j = i * lanes;
      bad[i] = descend<lanes, rule>(w + j, product.v[i], state.from(j), a.descent);
      any |= bad[i];
    }
    if (first_lane<lanes>(any) == lanes) return;
    for (std::size_t i = 0; i < product.kVectors; ++i) note(w + i * lanes, bad[i]);
  }
  KILAT_INLINE void part(float* w, const float* product) const {
    for (std::size_t j = 0; j < a.width; j += lanes) {
      note(w + j, descend_part<lanes, rule>(w + j, product + j, state_of(w + j),
                                            std::min(lanes, a.width - j), a.descent));
    }
  }

 private:
  KILAT_INLINE OptimizerState<float> state_of(const float* w) const {
    return a.state.from(static_cast<std::size_t>(w - a.c));
  }
  KILAT_INLINE void note(const float* w, const Mask<lanes>& bad) const {
    const std::size_t lane = first_lane<lanes>(bad);
    if (lane == lanes) return;
    *a.fault = std::min(*a.fault, static_cast<std::size_t>(w - a.c) + lane);
  }
};

// Calls f with the finisher for `to`, so that the choice is made once, outside the loop over rows.
template <std::size_t lanes, class F>
KILAT_INLINE void with_finish(const StoreTo& to, const F& f) {
  f(Store<lanes>{to});
}
template <std::size_t lanes, class F>
KILAT_INLINE void with_finish(const BiasActivationTo& to, const F& f) {
  with_activation(to.activation.kind, [&]<ActivationKind kind>() KILAT_INLINED_LAMBDA {
    f(BiasActivation<lanes, kind>{to});
  });
}
template <std::size_t lanes, class F>
KILAT_INLINE void with_finish(const UpdateTo& to, const F& f) {
  with_rule(to.descent.optimizer.rule,
            [&]<Rule rule>() KILAT_INLINED_LAMBDA { f(Update<lanes, rule>{to}); });
}

// Finishes row r of a block of C; `row` is that row of the product.
template <std::size_t lanes, std::size_t block, class Finish>
KILAT_INLINE void finish_row(const Finish& finish, std::size_t r, const Row<lanes, block>& row) {
  float* c = finish.a.c + r * finish.a.stride;
  if (finish.a.width == block) {
    finish.whole(c, row);
  } else {
    float product[block];
    store(product, row);
    finish.part(c, product);
  }
}

}  // namespace kilat
