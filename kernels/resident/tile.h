// Products of matrices in tiles, in the order of docs/arithmetic.md: chains of eight terms, added
// in pairs. A block makes a tile with the threads that multiply.
#pragma once

#include "kernels/launch.h"
#include "kernels/portable/sums.h"
#include "kernels/resident/block.h"
#include "kernels/resident/deep.h"

namespace kilat::kernels::resident {

static_assert(kTileThreads * kTileThreads == kMultiplyThreads);

// Term k of row i is number(i, k), for i < rows and k < depth. lies_along_terms says whether those
// of neighbouring k are neighbours in memory, or those of neighbouring i.
template <bool lies_along_terms, class Number>
struct Factor {
  unsigned rows;
  Number number;
};

// The numbers that a thread brings from global to shared memory.
template <unsigned side, bool lies_along_terms>
class Carried {
 public:
  // Where there are none, `filler`. Those of the two factors are −0 and 1: their product, −0,
  // changes no sum, not even one that is −0.
  template <class Number>
  __device__ void fetch(const Factor<lies_along_terms, Number>& from, unsigned first, unsigned term,
                        unsigned depth, float filler) {
#pragma unroll
    for (unsigned n = 0; n < kCount; ++n) {
      const unsigned i = first + row(n), k = term + column(n);
      number_[n] = i < from.rows && k < depth ? from.number(i, k) : filler;
    }
  }
  __device__ void put(float* to) const {
#pragma unroll
    for (unsigned n = 0; n < kCount; ++n) to[row(n) * kTileStride + column(n)] = number_[n];
  }

 private:
  static constexpr unsigned kCount = side * kTileDepth / kMultiplyThreads;
  static __device__ unsigned at(unsigned n) { return threadIdx.x + n * kMultiplyThreads; }
  static __device__ unsigned row(unsigned n) {
    return lies_along_terms ? at(n) / kTileDepth : at(n) % side;
  }
  static __device__ unsigned column(unsigned n) {
    return lies_along_terms ? at(n) % kTileDepth : at(n) / side;
  }

  float number_[kCount];
};

// A thread's sums in a tile: `each` rows and columns of them.
template <unsigned each>
struct TileSums {
  float at[each][each];

  __device__ TileSums operator+(const TileSums& other) const {
    TileSums sum;
#pragma unroll
    for (unsigned i = 0; i < each * each; ++i) {
      sum.at[i / each][i % each] = at[i / each][i % each] + other.at[i / each][i % each];
    }
    return sum;
  }
};

constexpr unsigned kTileLevels = 6;
static_assert(kMostTerms == kTileDepth * ((1U << kTileLevels) - 1));

// A tile's rows and columns that are a thread's: row, row + kTileThreads, … `each` of them. Of
// narrow tiles, 16 lanes have a row.
template <unsigned each>
struct TilePlace {
  unsigned row, column;

  __device__ TilePlace() {
    const unsigned lane = threadIdx.x % kWarp, warp = threadIdx.x / kWarp;
    constexpr bool is_wide = each > 1;
    row = is_wide ? warp / 4 * 8 + lane / 4 : threadIdx.x / kTileThreads;
    column = is_wide ? warp % 4 * 4 + lane % 4 : threadIdx.x % kTileThreads;
  }
};

// The sums of kTileDepth terms from shared memory; those from `left` on are fillers.
template <unsigned each>
__device__ TileSums<each> sum_terms(const float* a, const float* b, const TilePlace<each>& place,
                                    unsigned left) {
  constexpr unsigned kTogether = 4;
  using Terms = Pack<float, kTogether>;
  portable::Pairs<TileSums<each>, 4> pairs;
  // More at once would take registers that the kernel has not.
#pragma unroll 1
  for (unsigned chain = 0; chain < kTileDepth / kChain; ++chain) {
    TileSums<each> x;
#pragma unroll
    for (unsigned i = 0; i < each * each; ++i) {
      x.at[i / each][i % each] = chain * kChain < left ? 0.0F : -0.0F;
    }
#pragma unroll
    for (unsigned first = 0; first < kChain; first += kTogether) {
      const unsigned k = chain * kChain + first;
      Terms of_a[each], of_b[each];
#pragma unroll
      for (unsigned r = 0; r < each; ++r) {
        of_a[r] =
            *reinterpret_cast<const Terms*>(a + (place.row + r * kTileThreads) * kTileStride + k);
        of_b[r] = *reinterpret_cast<const Terms*>(
            b + (place.column + r * kTileThreads) * kTileStride + k);
      }
#pragma unroll
      for (unsigned t = 0; t < kTogether; ++t) {
#pragma unroll
        for (unsigned i = 0; i < each * each; ++i) {
          float& at = x.at[i / each][i % each];
          at = fmaf(of_a[i / each].value[t], of_b[i % each].value[t], at);
        }
      }
    }
    pairs.add(x);
  }
  return pairs.total();
}

// Calls f(i, j, Σ_k a(i, k) b(j, k)) for the rows i of `a` from `row` on and j of `b` from `column`
// on, as many as the tile has, each · kTileThreads. Every thread calls f as often: for rows that
// are not there, with nothing of use.
template <unsigned each, bool a_along, bool b_along, class A, class B, class F>
__device__ void multiply_tile(const Block& block, unsigned row, unsigned column, unsigned depth,
                              const Factor<a_along, A>& a, const Factor<b_along, B>& b,
                              const F& f) {
  constexpr unsigned kSide = each * kTileThreads;
  const TilePlace<each> place;
  portable::Pairs<TileSums<each>, kTileLevels> pairs;
  Carried<kSide, a_along> of_a;
  Carried<kSide, b_along> of_b;
  const auto fetch = [&](unsigned k) {
    of_a.fetch(a, row, k, depth, -0.0F);
    of_b.fetch(b, column, k, depth, 1.0F);
  };
  fetch(0);
  unsigned turn = 0;
  for (unsigned k = 0; k < depth; k += kTileDepth, turn ^= 1U) {
    float* to_a = block.tiles() + turn * 2 * kTileNumbers;
    float* to_b = to_a + kTileNumbers;
    of_a.put(to_a);
    of_b.put(to_b);
    hardware::sync_threads(kMultiply, kMultiplyThreads);
    if (k + kTileDepth < depth) fetch(k + kTileDepth);
    pairs.add(sum_terms(to_a, to_b, place, depth - k));
  }
  const TileSums<each> total = pairs.total();
#pragma unroll
  for (unsigned r = 0; r < each; ++r) {
#pragma unroll
    for (unsigned c = 0; c < each; ++c) {
      f(row + place.row + r * kTileThreads, column + place.column + c * kTileThreads,
        total.at[r][c]);
    }
  }
  hardware::sync_threads(kMultiply, kMultiplyThreads);  // shared memory is free
}

}  // namespace kilat::kernels::resident
