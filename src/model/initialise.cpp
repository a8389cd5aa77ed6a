#include <algorithm>
#include <cmath>
#include <numbers>
#include <span>

#include <fmt/format.h>

#include <kilat/error.h>
#include <kilat/network.h>

#include "base/philox.h"

namespace kilat {
namespace {

// 2⁻³²: makes a 32-bit number a fraction.
constexpr double kFraction = 0x1p-32;

// Random numbers by element of a layer: index counts its weights first, then its biases.
struct Stream {
  std::uint64_t seed = 0;
  std::uint32_t layer = 0;

  RandomBits bits(std::uint64_t index) const {
    return philox(seed, Purpose::initialise, layer, index);
  }
};

struct Distribution {
  enum class Kind { uniform, normal };
  Kind kind = Kind::uniform;
  double size = 0;  // uniform: the limit of [−size, size); normal: the deviation
  bool biases = false;
};

Distribution distribution(Init init, double scale, const LinearShape& layer, double slope) {
  using enum Distribution::Kind;
  const auto in = static_cast<double>(layer.in);
  const auto out = static_cast<double>(layer.out);
  const double kept = (1 + slope * slope) * in;
  // A uniform distribution of deviation σ reaches to √3 σ.
  switch (init) {
    case Init::he_normal:
      return {normal, std::sqrt(2 / kept)};
    case Init::he_uniform:
      return {uniform, std::sqrt(6 / kept)};
    case Init::glorot_normal:
      return {normal, std::sqrt(2 / (in + out))};
    case Init::glorot_uniform:
      return {uniform, std::sqrt(6 / (in + out))};
    case Init::uniform:
      return {uniform, scale, true};
    case Init::normal:
      return {normal, scale, true};
  }
  throw Error(fmt::format("initialisation number {} does not exist", static_cast<int>(init)));
}

// In [−limit, limit); the bound keeps rounding to float from reaching the open end.
float draw_uniform(RandomBits bits, double limit) {
  const double value = limit * (2 * (bits[0] * kFraction) - 1);
  const float open_end = std::nextafter(static_cast<float>(limit), 0.0F);
  return std::min(static_cast<float>(value), open_end);
}

// Box and Muller 1958. In double, so that the last bit of log and cos seldom reaches the float.
float draw_normal(RandomBits bits, double deviation) {
  const double radius = std::sqrt(-2 * std::log((bits[0] + 1.0) * kFraction));  // of (0, 1]
  const double angle = 2 * std::numbers::pi * (bits[1] * kFraction);
  return static_cast<float>(deviation * radius * std::cos(angle));
}

float draw(const Distribution& from, RandomBits bits) {
  return from.kind == Distribution::Kind::normal ? draw_normal(bits, from.size)
                                                 : draw_uniform(bits, from.size);
}

}  // namespace

void initialise(Network& network, Init init, float scale, std::uint64_t seed) {
  const bool scaled = init == Init::uniform || init == Init::normal;
  if (scaled && !(std::isfinite(scale) && scale > 0)) {
    throw Error(fmt::format("initial weights of scale {}; it must be positive and finite", scale));
  }
  std::ranges::fill(network.parameters, 0.0F);
  Stream stream{.seed = seed};
  for (const LinearShape& layer : network.shapes()) {
    const double slope = network.layers[stream.layer].activation.slope;
    const Distribution from = distribution(init, scale, layer, slope);
    const std::size_t weights = layer.in * layer.out;
    const std::span block(network.parameters);
    for (std::size_t i = 0; i < weights; ++i) {
      block[layer.weight + i] = draw(from, stream.bits(i));
    }
    for (std::size_t j = 0; from.biases && j < layer.out; ++j) {
      block[layer.bias + j] = draw(from, stream.bits(weights + j));
    }
    ++stream.layer;
  }
}

}  // namespace kilat
