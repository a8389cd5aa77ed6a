#include "ops/values.h"

#include <algorithm>
#include <cmath>
#include <random>

#include <gtest/gtest.h>

namespace kilat {
namespace {

bool is_close(double got, double wanted, double tolerance) {
  if (std::isnan(wanted)) return std::isnan(got);
  if (std::isinf(got) && std::abs(wanted) > 3.4e38) {
    return std::signbit(got) == std::signbit(wanted);
  }
  return std::abs(got - wanted) <= tolerance;
}

}  // namespace

Values random_values(std::size_t n, unsigned seed, double scale) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0, 1);
  Values values(n);
  for (double& v : values) v = static_cast<float>(normal(random) * scale);
  return values;
}

Values hostile_values(std::size_t n, unsigned seed) {
  constexpr double kInf = std::numeric_limits<double>::infinity();
  const double kHostile[] = {0.0, -0.0, kInf, -kInf, std::nan(""), 3e38, -3e38, 1e-30, -1e-30};
  Values values = random_values(n, seed);
  std::mt19937 random(seed + 1);
  for (std::size_t i = 0; i < n; i += 1 + random() % 5) {
    values[i] = static_cast<float>(kHostile[random() % std::size(kHostile)]);
  }
  return values;
}

std::vector<std::uint8_t> random_bytes(std::size_t n, unsigned seed, unsigned below) {
  std::mt19937 random(seed);
  std::vector<std::uint8_t> bytes(n);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random() % below);
  return bytes;
}

void expect_close(const Values& got, const Values& wanted, const Values& tolerance,
                  const std::string& what) {
  ASSERT_EQ(got.size(), wanted.size()) << what;
  for (std::size_t i = 0; i < got.size(); ++i) {
    if (is_close(got[i], wanted[i], tolerance[i])) continue;
    FAIL() << what << " element " << i << ": " << got[i] << " instead of " << wanted[i]
           << ", tolerance " << tolerance[i];
  }
}

void expect_close(const Values& got, const Values& wanted, double tolerance,
                  const std::string& what) {
  expect_close(got, wanted, Values(wanted.size(), tolerance), what);
}

}  // namespace kilat
