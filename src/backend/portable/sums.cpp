#include "backend/portable/sums.h"

#include <algorithm>
#include <cmath>

#include "backend/arithmetic.h"
#include "backend/vectorised.h"

namespace kilat {
namespace {

constexpr std::size_t kColumns = 64;  // summed side by side
constexpr std::size_t kLevels = 64;   // of pairs; more than any number of terms has

// Sums that wait for their partner: after so many chains, one for each bit of that number that is
// set, the sum of as many chains as the bit says.
template <class Real, std::size_t columns>
struct Pairs {
  Real waiting[kLevels][columns];
  std::size_t chains = 0;

  __attribute__((always_inline)) void add(Real* sum) {
    std::size_t level = 0;
    for (; chains >> level & 1; ++level) {
      for (std::size_t j = 0; j < columns; ++j) sum[j] = waiting[level][j] + sum[j];
    }
    std::copy_n(sum, columns, waiting[level]);
    ++chains;
  }
  // Those without a partner pass up.
  __attribute__((always_inline)) void finish(Real* sum) const {
    std::fill_n(sum, columns, Real{0});
    bool first = true;
    for (std::size_t level = 0; chains >> level != 0; ++level) {
      if ((chains >> level & 1) == 0) continue;
      for (std::size_t j = 0; j < columns; ++j) {
        sum[j] = first ? waiting[level][j] : waiting[level][j] + sum[j];
      }
      first = false;
    }
  }
};

template <class Real>
Real sum(const float* x, std::size_t n) {
  Pairs<Real, 1> pairs;
  for (std::size_t k = 0; k < n;) {
    Real chain = 0;
    for (const std::size_t end = std::min<std::size_t>(n, k + kChain); k < end; ++k) chain += x[k];
    pairs.add(&chain);
  }
  Real total;
  pairs.finish(&total);
  return total;
}

}  // namespace

KILAT_VECTORISED void pairwise_products(float* to, std::size_t columns, std::size_t n,
                                        const float* a, std::size_t stride, const float* b) {
  for (std::size_t first = 0; first < columns; first += kColumns) {
    const std::size_t width = std::min(kColumns, columns - first);
    Pairs<float, kColumns> pairs;
    float sums[kColumns];
    for (std::size_t k = 0; k < n;) {
      std::fill_n(sums, kColumns, 0.0F);
      for (const std::size_t end = std::min<std::size_t>(n, k + kChain); k < end; ++k) {
        const float factor = a[k * stride];
        const float* row = b + k * columns + first;
        for (std::size_t j = 0; j < width; ++j) sums[j] = std::fma(factor, row[j], sums[j]);
      }
      pairs.add(sums);
    }
    pairs.finish(sums);
    std::copy_n(sums, width, to + first);
  }
}

float pairwise_sum(const float* x, std::size_t n) { return sum<float>(x, n); }

double pairwise_sum_in_double(const float* x, std::size_t n) { return sum<double>(x, n); }

}  // namespace kilat
