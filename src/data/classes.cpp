#include <array>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <kilat/dataset.h>
#include <kilat/error.h>

namespace kilat {

std::vector<std::uint8_t> find_classes(const Dataset& data) {
  std::array<bool, 256> present = {};
  for (const std::uint8_t label : data.labels) present[label] = true;
  std::vector<std::uint8_t> classes;
  for (std::size_t label = 0; label < present.size(); ++label) {
    if (present[label]) classes.push_back(static_cast<std::uint8_t>(label));
  }
  return classes;
}

std::vector<std::uint8_t> class_indices(const Dataset& data,
                                        std::span<const std::uint8_t> classes) {
  std::array<std::optional<std::uint8_t>, 256> index_of;
  for (std::size_t i = 0; i < classes.size(); ++i) {
    index_of[classes[i]] = static_cast<std::uint8_t>(i);
  }
  std::vector<std::uint8_t> indices;
  indices.reserve(data.size());
  for (std::size_t i = 0; i < data.size(); ++i) {
    const auto index = index_of[data.labels[i]];
    if (!index) {
      throw Error(
          fmt::format("{}: sample {} is labelled {}, which is none of the classes {}; give "
                      "data with the labels of the training data",
                      data.name, i, data.labels[i], fmt::join(classes, ", ")));
    }
    indices.push_back(*index);
  }
  return indices;
}

}  // namespace kilat
