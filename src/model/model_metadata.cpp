#include "model/model_metadata.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <numeric>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <kilat/error.h>

#include "model/safetensors.h"

namespace kilat {
namespace {

constexpr const char* kFormat = "format";
constexpr const char* kWidths = "kilat.widths";
constexpr const char* kNormalisation = "kilat.normalisation";
constexpr const char* kClasses = "kilat.classes";
constexpr const char* kImageShape = "kilat.image_shape";

// nullptr when the file does not have the entry.
const std::string* find(const Metadata& metadata, const char* key) {
  const auto found = metadata.find(key);
  return found == metadata.end() ? nullptr : &found->second;
}

[[noreturn]] void refuse(const char* key, const std::string& text, std::string_view expected) {
  throw Error(fmt::format("metadata {} is {}; expected {}", key, printable(text), expected));
}

// The numbers of a text such as "28x28"; empty when the text is anything else.
template <class Number>
std::vector<Number> parse_list(std::string_view text, char separator) {
  std::vector<Number> numbers;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (true) {
    Number number{};
    const auto [stop, error] = std::from_chars(at, end, number);
    if (error != std::errc()) return {};
    numbers.push_back(number);
    if (stop == end) return numbers;
    if (*stop != separator) return {};
    at = stop + 1;
  }
}

Normalisation parse_normalisation(const std::string& text) {
  const auto values = parse_list<float>(text, ',');
  if (values.size() != 2 ||
      !std::ranges::all_of(values, [](float x) { return std::isfinite(x); })) {
    refuse(kNormalisation, text, "shift,scale: two finite numbers");
  }
  return {.shift = values[0], .scale = values[1]};
}

std::vector<std::uint8_t> parse_classes(const std::string& text, std::size_t outputs) {
  auto classes = parse_list<std::uint8_t>(text, ',');
  const std::set<std::uint8_t> distinct(classes.begin(), classes.end());
  if (classes.size() != outputs || distinct.size() != outputs) {
    refuse(kClasses, text, fmt::format("{} different labels from 0 to 255", outputs));
  }
  return classes;
}

std::vector<std::size_t> parse_image_shape(const std::string& text, std::size_t features) {
  auto shape = parse_list<std::size_t>(text, 'x');
  std::size_t product = 1;
  bool fits = !shape.empty();
  for (const std::size_t length : shape) {
    fits = fits && !__builtin_mul_overflow(product, length, &product);
  }
  if (!fits || product != features) {
    refuse(kImageShape, text, fmt::format("lengths whose product is {}", features));
  }
  return shape;
}

// `network` has the tensors' widths; sets the activations.
void apply_widths(const std::string& text, Network& network) {
  const std::string tensors = fmt::format("{}", fmt::join(network.widths(), "-"));
  const std::size_t comma = std::min(text.find(", "), text.size());
  if (text.substr(0, comma) != tensors) {
    refuse(kWidths, text, fmt::format("{}, as the tensors have it", printable(tensors)));
  }
  std::vector<Activation> hidden;
  for (std::size_t begin = comma; begin < text.size();) {
    const std::size_t end = std::min(text.find(", ", begin + 2), text.size());
    hidden.push_back(parse_activation(text.substr(begin + 2, end - begin - 2)));
    begin = end;
  }
  const std::size_t count = network.layers.size() - 1;
  if (hidden.size() == 1) hidden.resize(count, hidden[0]);
  if (!hidden.empty() && hidden.size() != count) {
    refuse(kWidths, text, fmt::format("one activation for all or each of {} hidden layers", count));
  }
  for (std::size_t l = 0; l < hidden.size(); ++l) network.layers[l].activation = hidden[l];
}

}  // namespace

Metadata describe_network(const Network& network) {
  Metadata metadata = {
      {kFormat, "pt"},
      {kWidths, network.text()},
      {kNormalisation,
       fmt::format("{},{}", network.normalisation.shift, network.normalisation.scale)},
      {kClasses, fmt::format("{}", fmt::join(network.classes, ","))},
  };
  if (!network.image_shape.empty()) {
    metadata[kImageShape] = fmt::format("{}", fmt::join(network.image_shape, "x"));
  }
  return metadata;
}

bool is_network_key(std::string_view key) {
  const auto keys = {kFormat, kWidths, kNormalisation, kClasses, kImageShape};
  return std::ranges::find(keys, key) != keys.end();
}

void apply_metadata(const Metadata& metadata, Network& network) {
  const std::string* widths = find(metadata, kWidths);
  if (widths != nullptr) apply_widths(*widths, network);
  const std::string* normalisation = find(metadata, kNormalisation);
  network.normalisation = normalisation != nullptr ? parse_normalisation(*normalisation)
                                                   : Normalisation{.shift = 0, .scale = 1.0F / 255};
  if (const std::string* classes = find(metadata, kClasses)) {
    network.classes = parse_classes(*classes, network.outputs());
  } else {
    network.classes.resize(network.outputs());
    std::iota(network.classes.begin(), network.classes.end(), std::uint8_t{0});
  }
  const std::string* shape = find(metadata, kImageShape);
  network.image_shape.clear();
  if (shape != nullptr) network.image_shape = parse_image_shape(*shape, network.features);
}

}  // namespace kilat
