// The model of rounding behind the tolerances of `kilat verify`.
//
// Float arithmetic computes a ∘ b as (a ∘ b)(1 + δ) with |δ| ≤ u = 2⁻²⁴ (Higham 2002, Accuracy and
// Stability of Numerical Algorithms, equation 2.4). So a sum of n products is off by at most
// n u Σ|xᵢ yᵢ|, to first order and in whatever order it is summed (section 3.1). Where the δ are
// independent and of mean zero, √n takes the place of n: the error is a random number of standard
// deviation at most √n u Σ|xᵢ yᵢ|, and beyond λ deviations with a probability of at most
// 2 exp(−λ²/2) (Higham and Mary 2019, A New Approach to Probabilistic Rounding Error Analysis).
//
// The bound without probability would be hundreds of times wider, and blind to a product in tf32.
#pragma once

#include <cmath>
#include <cstddef>
#include <limits>

#include <kilat/recipe.h>

namespace kilat {

struct Rounding {
  static constexpr double kUnit = 0x1p-24;  // u

  // λ. A step has up to some millions of tensor elements, a check some hundreds of steps: at
  // 2 exp(−7²/2) = 5e-11 an element, chance does not raise an alarm.
  static constexpr double kDeviations = 7;

  // What a flush of subnormal numbers to zero takes away at most.
  static constexpr double kFlush = std::numeric_limits<float>::min();

  // Relative, of each factor of a product before it is multiplied.
  double factor_unit = 0;

  static Rounding of(Precision precision) {
    switch (precision) {
      case Precision::fp32:
        return {};
      case Precision::tf32:
        return {0x1p-11};
      case Precision::bf16:
        return {0x1p-8};
    }
    return {};
  }

  // Standard deviation of a sum of n products, relative to the sum of their magnitudes. Factors
  // take part in many products, so that the errors of rounding them are not independent.
  double sum(std::size_t n) const {
    return std::sqrt(static_cast<double>(n)) * kUnit + 2 * factor_unit;
  }
};

inline double square(double x) { return x * x; }

}  // namespace kilat
