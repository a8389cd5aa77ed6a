// Reduces the points of a curve without changing how it looks when drawn.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace kilat {

// The indices of at most `limit` (at least 4) of `values`, rising: first and last, and between them
// the lowest and highest of each of equal stretches. Values that are not finite are left out.
std::vector<std::size_t> decimate(std::span<const double> values, std::size_t limit);

}  // namespace kilat
