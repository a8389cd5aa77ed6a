// Results as JSON, for --json and the manifest.
#pragma once

#include <cmath>
#include <nlohmann/json.hpp>

namespace kilat {

using Json = nlohmann::ordered_json;

// JSON has no NaN and no infinity: what was not measured is null.
inline Json json_number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

}  // namespace kilat
