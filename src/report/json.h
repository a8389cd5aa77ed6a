// Results as JSON, for --json and the manifest.
#pragma once

#include <cmath>
#include <nlohmann/json.hpp>

#include "train/recipe_fields.h"

namespace kilat {

using Json = nlohmann::ordered_json;

// Every option of a recipe: name to text.
inline Json options_json(const Recipe& recipe) {
  Json options = Json::object();
  for (const auto& [name, text] : option_texts(recipe)) options[name] = text;
  return options;
}

// JSON has no NaN and no infinity: what was not measured is null.
inline Json json_number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

// What there is no word for is null.
inline Json json_text(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

}  // namespace kilat
