// The first layer's products, in whole numbers: exact but for the rounding of the weights and of
// the result.
#include <algorithm>
#include <cmath>

#include "backend/arithmetic.h"
#include "backend/portable/portable.h"
#include "backend/vectorised.h"

namespace kilat {
namespace {

// totals[j] += factor · numbers[j]
KILAT_VECTORISED void add_multiple(std::int64_t* totals, const std::int32_t* numbers,
                                   std::int64_t factor, std::size_t n) {
  for (std::size_t j = 0; j < n; ++j) totals[j] += factor * numbers[j];
}

// numbers[k][j] of `depth` lines and n columns: from[k · line + j · step] in whole numbers; those
// of a column have its scale in common, scales[j].
void make_whole(std::vector<std::int32_t>& numbers, std::vector<WholeScale>& scales,
                const float* from, std::size_t depth, std::size_t n, std::size_t line,
                std::size_t step) {
  numbers.resize(depth * n);
  scales.resize(n);
  for (std::size_t j = 0; j < n; ++j) {
    std::uint32_t largest = 0;  // as bits, of which a NaN has the most
    for (std::size_t k = 0; k < depth; ++k) {
      largest = std::max(largest, bits_of(std::fabs(from[k * line + j * step])));
    }
    scales[j] = whole_scale(float_of(largest));
    const bool finite = !std::isnan(scales[j].from);
    for (std::size_t k = 0; k < depth; ++k) {
      numbers[k * n + j] = finite ? whole(from[k * line + j * step], scales[j]) : 0;
    }
  }
}

}  // namespace

void Portable::input_gemm(Matrix& z, Pixels& x, MatrixView<const float> weight) {
  const std::size_t features = weight.columns, units = weight.rows;
  z.set_rows(x.bytes.rows());
  make_whole(whole_, scales_, weight.data, features, units, 1, features);
  sums_.assign(units, 0);
  for (std::size_t f = 0; f < features; ++f)
    add_multiple(sums_.data(), &whole_[f * units], 1, units);
  const std::int64_t shift = whole_shift(x.normalisation.shift);
  for (std::size_t i = 0; i < z.rows(); ++i) {
    totals_.assign(units, 0);
    for (std::size_t f = 0; f < features; ++f) {
      const std::int64_t byte = x.bytes.row(i)[f];
      if (byte != 0) add_multiple(totals_.data(), &whole_[f * units], byte, units);
    }
    for (std::size_t j = 0; j < units; ++j) {
      z.row(i)[j] = whole_logit(totals_[j], sums_[j], shift, scales_[j], x.normalisation.scale);
    }
  }
}

void Portable::input_gradient(MatrixView<float> gradient, const Matrix& dz, Pixels& x,
                              bool accumulate) {
  const std::size_t features = gradient.columns, units = gradient.rows, rows = dz.rows();
  make_whole(whole_, scales_, dz.row(0), rows, units, units, 1);
  totals_.assign(features * units, 0);
  sums_.assign(units, 0);
  for (std::size_t i = 0; i < rows; ++i) {
    add_multiple(sums_.data(), &whole_[i * units], 1, units);
    for (std::size_t f = 0; f < features; ++f) {
      const std::int64_t byte = x.bytes.row(i)[f];
      if (byte != 0) add_multiple(&totals_[f * units], &whole_[i * units], byte, units);
    }
  }
  for (std::size_t j = 0; j < units; ++j) {
    for (std::size_t f = 0; f < features; ++f) {
      const float product =
          whole_gradient(static_cast<float>(totals_[f * units + j]), static_cast<float>(sums_[j]),
                         x.normalisation.shift, scales_[j], x.normalisation.scale);
      float& g = gradient.data[j * features + f];
      g = accumulate ? g + product : product;
    }
  }
}

}  // namespace kilat
