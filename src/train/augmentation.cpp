#include "train/augmentation.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <kilat/error.h>

#include "train/field.h"

namespace kilat {

std::string Augmentation::text() const {
  return is_none() ? "none" : fmt::format("shift={}", shift);
}

Augmentation Augmentation::parse(const std::string& text) {
  constexpr std::string_view kShift = "shift=";
  if (text == "none") return {};
  if (!text.starts_with(kShift)) {
    throw Error(fmt::format("'{}' is no augmentation; expected none, or such as shift=2", text));
  }
  const Augmentation a{parse_number<std::uint32_t>(text.substr(kShift.size()))};
  if (a.is_none()) throw Error("shift=0 moves nothing; use none");
  return a;
}

void require_augmentable(const Recipe& recipe, const Dataset& train) {
  const Augmentation& a = recipe.augmentation;
  if (a.is_none()) return;
  if (train.shape.size() != 2) {
    throw Error(fmt::format("--augment {}: needs images of two dimensions; those of {} have {}",
                            a.text(), train.name, train.shape.size()));
  }
  if (a.shift >= std::min(train.shape[0], train.shape[1])) {
    throw Error(fmt::format("--augment {}: moves images of {} pixels out of sight; use less",
                            a.text(), fmt::join(train.shape, " x ")));
  }
}

}  // namespace kilat
