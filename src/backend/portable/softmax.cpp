#include <cmath>

#include "backend/arithmetic.h"
#include "backend/portable/portable.h"
#include "backend/portable/sums.h"

namespace kilat {
namespace {

struct Softmax {
  std::size_t answer;  // the first column with the largest logit
  float largest, sum;
};

// z ← z + bias; e[j] = exp(z[j] − largest)
Softmax exponentiate(std::span<float> z, std::span<const float> bias, std::span<float> e) {
  Softmax s{};
  for (std::size_t j = 0; j < z.size(); ++j) z[j] += bias[j];
  for (std::size_t j = 1; j < z.size(); ++j) s.answer = z[j] > z[s.answer] ? j : s.answer;
  s.largest = z[s.answer];
  for (std::size_t j = 0; j < z.size(); ++j) e[j] = exponential<FloatArithmetic>(z[j] - s.largest);
  s.sum = pairwise_sum(e.data(), e.size());
  return s;
}

}  // namespace

void Portable::softmax(Matrix& z, std::span<const float> bias) {
  result_row_.resize(z.columns());
  for (std::size_t i = 0; i < z.rows(); ++i) {
    const Softmax s = exponentiate({z.row(i), z.columns()}, bias, result_row_);
    for (std::size_t j = 0; j < z.columns(); ++j) z.row(i)[j] = result_row_[j] / s.sum;
  }
}

void Portable::softmax_cross_entropy(Matrix& z, std::span<const float> bias,
                                     std::span<const std::uint8_t> y, std::size_t n,
                                     std::span<float> loss, std::span<std::uint8_t> hit) {
  const float share = 1 / static_cast<float>(n);
  result_row_.resize(z.columns());
  for (std::size_t i = 0; i < z.rows(); ++i) {
    float* row = z.row(i);
    const Softmax s = exponentiate({row, z.columns()}, bias, result_row_);
    loss[i] = logarithm(s.sum) - (row[y[i]] - s.largest);
    hit[i] = s.answer == y[i] && !std::isnan(loss[i]);
    for (std::size_t j = 0; j < z.columns(); ++j) {
      row[j] = (result_row_[j] / s.sum - (j == y[i] ? 1.0F : 0.0F)) * share;
    }
  }
}

}  // namespace kilat
