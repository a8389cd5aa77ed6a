// Files of options: TOML without tables, such as `kilat train --print-config` writes.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>

namespace kilat {

struct ConfigValue {
  std::string text;  // as the command line would have it: an array's elements joined by commas
  std::size_t line = 0;
};

// Keys and values: strings, numbers, true, false, and arrays of them. Throws Error, naming file and
// line, for anything else, for a key given twice, and for a file of more than a megabyte.
std::map<std::string, ConfigValue> read_config(const std::filesystem::path& file);

// The same from text; `name` is for messages.
std::map<std::string, ConfigValue> parse_config(std::string_view text, const std::string& name);

// `text` as a value that reads back as the same text.
std::string config_value(const std::string& text);

}  // namespace kilat
