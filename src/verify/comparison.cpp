#include "verify/comparison.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <limits>

namespace kilat {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Infinite for NaN beside a number.
double distance(double a, double b) {
  if (a == b) return 0;
  const double apart = std::abs(a - b);
  return std::isnan(apart) ? kInfinity : apart;
}

}  // namespace

std::uint64_t ulps_between(float a, float b) {
  if (std::isnan(a) || std::isnan(b)) return std::uint64_t{1} << 33;
  // The bits of a float's magnitude count the floats below it.
  const auto rank = [](float x) {
    const std::int64_t magnitude = std::bit_cast<std::uint32_t>(std::abs(x));
    return std::signbit(x) ? -magnitude : magnitude;
  };
  return static_cast<std::uint64_t>(std::abs(rank(a) - rank(b)));
}

double ComparedElement::difference() const { return distance(tested, expected); }

double ComparedElement::share() const {
  const double apart = difference();
  return apart == 0 ? 0 : apart / tolerance;
}

ComparedElement TensorComparison::add(std::size_t step, std::span<const float> tested,
                                      std::span<const float> expected,
                                      std::span<const double> tolerance) {
  double scale = 0;
  for (const float e : expected) scale = std::max(scale, std::abs(double{e}));
  ComparedElement worst_here;
  for (std::size_t i = 0; i < tested.size(); ++i) {
    const ComparedElement e{step, i, tested[i], expected[i], tolerance[i]};
    if (i == 0 || e.share() > worst_here.share()) worst_here = e;
    if (e.difference() == 0) continue;
    ulps = std::max(ulps, ulps_between(e.tested, e.expected));
    relative = std::max(relative, e.difference() / scale);
  }
  if (worst.step == 0 || worst_here.share() > worst.share()) worst = worst_here;
  return worst_here;
}

double EvaluationComparison::loss_difference() const {
  return distance(tested_loss, expected_loss);
}

std::size_t EvaluationComparison::hits_difference() const {
  return std::max(tested_hits, expected_hits) - std::min(tested_hits, expected_hits);
}

}  // namespace kilat
