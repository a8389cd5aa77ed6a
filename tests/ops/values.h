// Numbers for the op tests, and how they are held to those of Reference.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace kilat {

using Values = std::vector<double>;

constexpr double kEps = std::numeric_limits<float>::epsilon() / 2;  // of one rounding

// Numbers that a float holds exactly, of many magnitudes.
Values random_values(std::size_t n, unsigned seed, double scale = 1);
// Random values with every kind of hostile one strewn in.
Values hostile_values(std::size_t n, unsigned seed);
std::vector<std::uint8_t> random_bytes(std::size_t n, unsigned seed, unsigned below = 256);

// Equal NaNs and infinities, and otherwise within the tolerance of that element. A value beyond
// float's range may have become infinite.
void expect_close(const Values& got, const Values& wanted, const Values& tolerance,
                  const std::string& what);
void expect_close(const Values& got, const Values& wanted, double tolerance,
                  const std::string& what);

}  // namespace kilat
