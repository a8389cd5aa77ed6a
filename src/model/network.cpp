#include <algorithm>
#include <bit>
#include <charconv>
#include <limits>
#include <new>
#include <numeric>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <kilat/error.h>
#include <kilat/network.h>

#include "base/sha256.h"

namespace kilat {
namespace {

static_assert(std::endian::native == std::endian::little, "weights_sha256 hashes memory as it is");

constexpr std::size_t kTensorAlignment = 16;  // numbers: 64 bytes of float
constexpr std::size_t kMaxClasses = 256;      // a label is one byte
constexpr std::size_t kMaxBlock = std::numeric_limits<std::ptrdiff_t>::max() / sizeof(float);

// The widths for a message; only the first few, as a hostile file may have thousands.
std::string shown(std::span<const std::size_t> widths) {
  constexpr std::size_t kMost = 16;
  const bool all = widths.size() <= kMost;
  return fmt::format("{}{}", fmt::join(all ? widths : widths.first(kMost), "-"), all ? "" : "-…");
}

// The aligned offset behind a tensor of rows × columns numbers at `offset`; at most kMaxBlock.
std::size_t end_of_tensor(std::size_t offset, std::size_t rows, std::size_t columns,
                          std::span<const std::size_t> widths) {
  std::size_t end = 0;
  if (__builtin_mul_overflow(rows, columns, &end) || __builtin_add_overflow(end, offset, &end) ||
      end > kMaxBlock - kTensorAlignment) {
    throw Error(fmt::format(
        "network {}: more parameters than memory can address; use smaller widths", shown(widths)));
  }
  return (end + kTensorAlignment - 1) / kTensorAlignment * kTensorAlignment;
}

void add(Sha256& hash, std::span<const float> values) {
  hash.add({reinterpret_cast<const std::uint8_t*>(values.data()), values.size_bytes()});
}

}  // namespace

std::vector<LinearShape> linear_shapes(std::span<const std::size_t> widths) {
  std::vector<LinearShape> layers;
  std::size_t offset = 0;
  for (std::size_t i = 1; i < widths.size(); ++i) {
    LinearShape layer{.in = widths[i - 1], .out = widths[i], .weight = offset, .bias = 0};
    layer.bias = end_of_tensor(layer.weight, layer.out, layer.in, widths);
    offset = end_of_tensor(layer.bias, layer.out, 1, widths);
    layers.push_back(layer);
  }
  return layers;
}

std::size_t parameter_block_size(std::span<const LinearShape> layers) {
  if (layers.empty()) return 0;
  const std::size_t end = layers.back().bias + layers.back().out;
  return (end + kTensorAlignment - 1) / kTensorAlignment * kTensorAlignment;
}

std::vector<std::size_t> Network::widths() const {
  std::vector<std::size_t> widths = {features};
  for (const Layer& layer : layers) widths.push_back(layer.units);
  return widths;
}

std::vector<Activation> Network::activations() const {
  std::vector<Activation> hidden;
  for (std::size_t l = 0; l + 1 < layers.size(); ++l) hidden.push_back(layers[l].activation);
  return hidden;
}

std::string to_string(const Activation& f) {
  return f.kind == ActivationKind::relu ? "relu" : fmt::format("leaky-relu {}", f.slope);
}

Activation parse_activation(const std::string& text) {
  if (text == "relu") return {};
  constexpr std::string_view kLeaky = "leaky-relu ";
  Activation f{ActivationKind::leaky_relu, 0};
  const char* end = text.data() + text.size();
  const bool named = text.starts_with(kLeaky);
  const auto [stop, error] =
      std::from_chars(named ? text.data() + kLeaky.size() : end, end, f.slope);
  if (error == std::errc() && stop == end && f.slope > 0 && f.slope < 1) return f;
  throw Error(
      fmt::format("'{}' is no activation; expected relu, or leaky-relu and a slope between "
                  "0 and 1",
                  text));
}

// The activations follow the widths where they are not all ReLU: one for all or one for each layer.
std::string Network::text() const {
  std::string text = fmt::format("{}", fmt::join(widths(), "-"));
  std::vector<Activation> hidden = activations();
  if (std::ranges::count(hidden, Activation{}) == std::ssize(hidden)) return text;
  if (std::ranges::count(hidden, hidden[0]) == std::ssize(hidden)) hidden.resize(1);
  for (const Activation& f : hidden) text += ", " + to_string(f);
  return text;
}

Network make_network(const std::vector<std::size_t>& widths, const Activation& activation) {
  if (widths.size() < 2) throw Error("a network needs at least two widths: features and classes");
  for (const std::size_t width : widths) {
    if (width == 0) {
      throw Error(fmt::format("network {}: a width is 0; each must be at least 1", shown(widths)));
    }
  }
  if (widths.back() > kMaxClasses) {
    throw Error(fmt::format("network {}: {} classes; a label is one byte, so there are at most {}",
                            shown(widths), widths.back(), kMaxClasses));
  }

  Network network;
  network.features = widths.front();
  for (const std::size_t width : std::span(widths).subspan(1)) {
    network.layers.push_back({width, activation});
  }
  network.layers.back().activation = {};
  network.classes.resize(network.outputs());
  std::iota(network.classes.begin(), network.classes.end(), std::uint8_t{0});
  const std::size_t size = parameter_block_size(network.shapes());
  try {
    network.parameters.resize(size);
  } catch (const std::bad_alloc&) {
    throw Error(fmt::format("network {}: no memory for {} parameters", shown(widths), size),
                Failure::run);
  }
  return network;
}

std::string weights_sha256(const Network& network) {
  Sha256 hash;
  for (const LinearShape& layer : network.shapes()) {
    add(hash, network.weight(layer));
    add(hash, network.bias(layer));
  }
  return hash.hex();
}

}  // namespace kilat
