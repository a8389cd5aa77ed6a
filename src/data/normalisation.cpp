#include <array>
#include <cmath>

#include <fmt/format.h>

#include <kilat/dataset.h>
#include <kilat/error.h>

namespace kilat {
namespace {

using Histogram = std::array<std::uint64_t, 256>;

Histogram count_values(std::span<const std::uint8_t> pixels) {
  // Two alternating tables: with one, each of several equal pixels would wait for the last store.
  std::array<Histogram, 2> tables = {};
  for (std::size_t i = 0; i < pixels.size(); ++i) ++tables[i % 2][pixels[i]];
  for (std::size_t value = 0; value < 256; ++value) tables[0][value] += tables[1][value];
  return tables[0];
}

// The integers are exact below 2^53 / 255² = 1.4e11 pixels, so the mean and the deviation are
// correct to a few units in the last place.
Normalisation standardise(const Dataset& data) {
  if (data.pixels.empty()) {
    throw Error(fmt::format("{}: no pixels to take the mean of; give data", data.name));
  }
  const Histogram histogram = count_values(data.pixels);
  const auto count = static_cast<double>(data.pixels.size());
  double sum = 0;
  for (std::size_t value = 0; value < 256; ++value) {
    sum += static_cast<double>(value * histogram[value]);
  }
  const double mean = sum / count;
  double squares = 0;
  for (std::size_t value = 0; value < 256; ++value) {
    const double distance = static_cast<double>(value) - mean;
    squares += distance * distance * static_cast<double>(histogram[value]);
  }
  const double deviation = std::sqrt(squares / count);
  // The deviation is 0 if all pixels are equal.
  return {static_cast<float>(mean), deviation > 0 ? static_cast<float>(1 / deviation) : 1.0F};
}

}  // namespace

Normalisation make_normalisation(Normalise kind, const Dataset& data) {
  switch (kind) {
    case Normalise::none:
      return {0, 1};
    case Normalise::unit:
      return {0, 1 / 255.0F};
    case Normalise::standard:
      return standardise(data);
  }
  return {};
}

}  // namespace kilat
