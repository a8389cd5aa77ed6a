// Sums in the order that docs/arithmetic.md defines: chains of eight terms, added in pairs.
#pragma once

#include <cstddef>

namespace kilat {

// to[j] = Σ_k a[k · stride] · b[k · columns + j] for k < n, j < columns. Each term is added by a
// fused multiply-add. No terms: zero.
void pairwise_products(float* to, std::size_t columns, std::size_t n, const float* a,
                       std::size_t stride, const float* b);

// Σ x[k], k < n
float pairwise_sum(const float* x, std::size_t n);
// Likewise, added in double.
double pairwise_sum_in_double(const float* x, std::size_t n);

}  // namespace kilat
