// Numbers on the command line.
#pragma once

#include <charconv>
#include <string>

#include <fmt/format.h>

#include <kilat/error.h>

namespace kilat {

// A decimal whole number from `least` on, the value of --NAME. Throws Error for any other text.
template <class T>
T whole_number(const char* name, const std::string& text, T least) {
  T value{};
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error == std::errc::result_out_of_range && stop == end && !text.starts_with('-')) {
    throw Error(fmt::format("--{}: {} is too large", name, text));
  }
  if (error != std::errc() || stop != end || value < least) {
    throw Error(fmt::format("--{}: '{}' is not a whole number from {} on", name, text, least));
  }
  return value;
}

}  // namespace kilat
