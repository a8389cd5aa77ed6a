#include "report/decimate.h"

#include <algorithm>
#include <cmath>

namespace kilat {

std::vector<std::size_t> decimate(std::span<const double> values, std::size_t limit) {
  std::vector<std::size_t> finite;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::isfinite(values[i])) finite.push_back(i);
  }
  if (finite.size() <= limit) return finite;
  std::vector<std::size_t> kept = {finite.front()};
  const std::size_t inner = finite.size() - 2;
  const std::size_t stretches = (limit - 2) / 2;
  for (std::size_t s = 0; s < stretches; ++s) {
    const auto first = finite.begin() + 1 + static_cast<std::ptrdiff_t>(s * inner / stretches);
    const auto last = finite.begin() + 1 + static_cast<std::ptrdiff_t>((s + 1) * inner / stretches);
    const auto [low, high] = std::minmax_element(
        first, last, [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
    kept.push_back(std::min(*low, *high));
    if (low != high) kept.push_back(std::max(*low, *high));
  }
  kept.push_back(finite.back());
  return kept;
}

}  // namespace kilat
