// Sums in chains of eight terms, added in pairs (docs/arithmetic.md), on the device.
#pragma once

#include <cstddef>

#include "backend/arithmetic.h"
#include "kernels/launch.h"

namespace kilat::kernels::portable {

// One thread's chains, as they come: waiting[l] is the sum of 2ˡ of them that waits for as many
// more. At most 2^levels − 1 chains; 24 levels are more than any number of rows has.
template <class Real, unsigned levels = 24>
class Pairs {
 public:
  __device__ void add(Real sum) {
    bool waits = false;  // written without a break, so that waiting_ stays in registers
#pragma unroll
    for (unsigned level = 0; level < levels; ++level) {
      const bool has_partner = (chains_ >> level & 1) != 0;
      if (!waits && has_partner) sum = waiting_[level] + sum;
      if (!waits && !has_partner) waiting_[level] = sum;
      waits = waits || !has_partner;
    }
    ++chains_;
  }
  // Those without a partner pass up.
  __device__ Real total() const {
    Real sum = {};
    bool first = true;
#pragma unroll
    for (unsigned level = 0; level < levels; ++level) {
      if ((chains_ >> level & 1) == 0) continue;
      sum = first ? waiting_[level] : waiting_[level] + sum;
      first = false;
    }
    return sum;
  }

 private:
  Real waiting_[levels] = {};
  unsigned chains_ = 0;
};

// The sum of n terms by one thread; add_term(k, sum) returns sum with term k added to it.
template <class Real, class F>
__device__ Real pairwise_sum(std::size_t n, const F& add_term) {
  Pairs<Real> pairs;
  for (std::size_t k = 0; k < n;) {
    Real chain = 0;
    for (const std::size_t end = n - k < kChain ? n : k + kChain; k < end; ++k) {
      chain = add_term(k, chain);
    }
    pairs.add(chain);
  }
  return pairs.total();
}

// The same sum by the first kBlock threads of a block, all of whose threads call it; thread 0 gets
// it. Each adds chains that lie side by side, a power of two of them, so that the pairs are the
// same. sums [kBlock] is shared memory.
template <class Real, class F>
__device__ Real pairwise_sum_of_block(std::size_t n, Real* sums, const F& add_term) {
  const std::size_t chains = (n + kChain - 1) / kChain;
  std::size_t each = 1;
  while (each * kBlock < chains) each *= 2;
  const auto first = [&](std::size_t thread) {
    const std::size_t term = thread * each * kChain;
    return term < n ? term : n;
  };
  const std::size_t begin = first(threadIdx.x), end = first(threadIdx.x + 1);
  if (threadIdx.x < kBlock) {
    sums[threadIdx.x] = pairwise_sum<Real>(
        end - begin, [&](std::size_t k, Real sum) { return add_term(begin + k, sum); });
  }
  for (unsigned width = 1; width < kBlock; width *= 2) {
    __syncthreads();
    const unsigned left = threadIdx.x * 2 * width;
    if (left + width < kBlock && first(left + width) < n) {
      sums[left] = sums[left] + sums[left + width];
    }
  }
  const Real total = sums[0];
  __syncthreads();  // sums is free for the next one
  return total;
}

}  // namespace kilat::kernels::portable
