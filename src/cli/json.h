// Results as JSON, for --json and the manifest.
#pragma once

#include <cmath>
#include <nlohmann/json.hpp>

#include "cli/output.h"
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

// As the one document on stdout. Text that is not UTF-8, such as an odd file name, is patched.
inline void print_json(const Json& json) {
  print_result(json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n');
}

}  // namespace kilat
