#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "report/format.h"
#include "report/html_sections.h"
#include "report/markup.h"
#include "report/png_data.h"

namespace kilat {
namespace {

// Larger images would make the page heavy.
constexpr std::size_t kPicturePixels = 256 * 256;

double squared_norm(std::span<const float> weights) {
  double sum = 0;
  for (const float weight : weights) sum += static_cast<double>(weight) * weight;
  return sum;
}

// For each unit of the first hidden layer, the product of the squared norms of its incoming and its
// outgoing weights. Scaling one up and the other down does not change it.
std::vector<double> unit_weight(const Network& network) {
  const auto layers = network.shapes();
  const auto incoming = network.weight(layers[0]);
  const auto outgoing = network.weight(layers[1]);
  const std::size_t units = layers[0].out;
  std::vector<double> sums(units, 0.0);
  for (std::size_t i = 0; i < outgoing.size(); ++i) {
    sums[i % units] += static_cast<double>(outgoing[i]) * outgoing[i];
  }
  for (std::size_t j = 0; j < units; ++j) {
    sums[j] *= squared_norm(incoming.subspan(j * layers[0].in, layers[0].in));
    if (!std::isfinite(sums[j])) sums[j] = 0;
  }
  return sums;
}

std::vector<std::size_t> strongest_units(const Network& network) {
  std::vector<std::size_t> units(network.layers[0].units);
  std::iota(units.begin(), units.end(), std::size_t{0});
  if (network.layers.size() > 1) {
    const std::vector<double> weight = unit_weight(network);
    std::stable_sort(units.begin(), units.end(),
                     [&](std::size_t a, std::size_t b) { return weight[a] > weight[b]; });
  }
  units.resize(std::min(units.size(), kShownUnits));
  return units;
}

bool shown_as_pictures(const Network& network) {
  return !network.layers.empty() && network.image_shape.size() == 2 &&
         network.image_shape[0] * network.image_shape[1] == network.features &&
         network.features <= kPicturePixels && network.classes.size() == network.outputs() &&
         !network.parameters.empty();
}

}  // namespace

std::string html_mistakes(std::span<const Misclassified> mistakes, std::string_view data_name) {
  std::string pictures;
  for (const Misclassified& mistake : mistakes) {
    const std::size_t pixels = mistake.image.pixels.size();
    if (pixels == 0 || pixels > kPicturePixels) continue;
    pictures += fmt::format(
        "<figure title=\"sample {0}: {1} taken for {2}\"><img src=\"{4}\" alt=\"sample {0}, a "
        "{1}\"><figcaption><b>{1}</b> → <b class=\"bad\">{2}</b><br>{3}</figcaption></figure>\n",
        mistake.index, mistake.truth, mistake.predicted, percent_text(mistake.confidence),
        png_data(mistake.image));
  }
  if (pictures.empty()) return {};
  return fmt::format(
             "<section>\n<h2>Most confidently wrong</h2>\n<p class=\"what\">On the {} data: true → "
             "predicted label, and the probability given to it.</p>\n<div class=\"pictures\">\n",
             escape(data_name)) +
         pictures + "</div>\n</section>\n";
}

std::string html_units(const Network& network) {
  if (!shown_as_pictures(network)) return {};
  const bool hidden = network.layers.size() > 1;
  const LinearShape first = network.shapes()[0];
  std::string html = fmt::format(
      "<section>\n<h2>What the first layer looks for</h2>\n<p class=\"what\">{}: <span "
      "class=\"swatch negative\">ink speaks against it</span> <span class=\"swatch positive\">ink "
      "speaks for it</span></p>\n<div class=\"pictures units\">\n",
      hidden ? fmt::format("Weights of the {} strongest of {} units",
                           std::min(first.out, kShownUnits), first.out)
             : "Weights of the classes");
  for (const std::size_t j : strongest_units(network)) {
    const auto weights = network.weight(first).subspan(j * first.in, first.in);
    const std::string name =
        hidden ? fmt::format("unit {}", j) : fmt::format("class {}", network.classes[j]);
    html += fmt::format(
        "<figure title=\"{0}\"><img src=\"{1}\" alt=\"weights of {0}\">{2}"
        "</figure>\n",
        name, png_data(weights, network.image_shape[0], network.image_shape[1]),
        hidden ? "" : "<figcaption>" + name + "</figcaption>");
  }
  return html + "</div>\n</section>\n";
}

}  // namespace kilat
