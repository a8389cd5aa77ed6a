#include "cli/config_file.h"

#include <cmath>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>

#include <kilat/error.h>

#include "base/input_file.h"

namespace kilat {
namespace {

constexpr std::size_t kLargestFile = std::size_t{1} << 20;

Error at_line(const std::string& name, std::size_t line, std::string_view what) {
  return Error(fmt::format("{}:{}: {}", name, line, what));
}

// A number's text keeps its kind: an option that counts refuses 1e3 as it does on the command line.
std::string float_text(double value) {
  std::string text = fmt::format("{}", value);
  if (std::isfinite(value) && text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

// The value as it would be written on the command line. Throws Error for tables, dates, and arrays
// in arrays.
std::string scalar_text(const toml::node& node, const std::string& name) {
  if (const auto* value = node.as_string()) return value->get();
  if (const auto* value = node.as_integer()) return fmt::format("{}", value->get());
  if (const auto* value = node.as_floating_point()) return float_text(value->get());
  if (const auto* value = node.as_boolean()) return value->get() ? "true" : "false";
  throw at_line(name, node.source().begin.line,
                node.is_table() ? "options stand without [tables]"
                                : "expected a number, true, false, a \"string\" or an [array]");
}

std::string node_text(const toml::node& node, const std::string& name) {
  const toml::array* array = node.as_array();
  if (array == nullptr) return scalar_text(node, name);
  std::vector<std::string> elements;
  for (const toml::node& element : *array) elements.push_back(scalar_text(element, name));
  return fmt::format("{}", fmt::join(elements, ","));
}

// Whether `text` can stand without quotes: it is then read as a value of the same text.
bool is_bare_value(const std::string& text) {
  try {
    const toml::table table = toml::parse("x = " + text);
    const toml::node* node = table.get("x");
    return table.size() == 1 && node != nullptr && !node->is_string() && node->is_value() &&
           !node->is_date() && !node->is_time() && !node->is_date_time() &&
           scalar_text(*node, "") == text;
  } catch (const toml::parse_error&) {
    return false;
  }
}

}  // namespace

std::map<std::string, ConfigValue> parse_config(std::string_view text, const std::string& name) {
  std::map<std::string, ConfigValue> values;
  try {
    for (const auto& [key, node] : toml::parse(text)) {
      values[std::string(key.str())] = {node_text(node, name), key.source().begin.line};
    }
  } catch (const toml::parse_error& error) {
    throw at_line(name, error.source().begin.line,
                  fmt::format("{}; each line is KEY = VALUE, no key twice, with a number, true, "
                              "false, an [array] or a \"string\" in which \\ is written \\\\",
                              error.description()));
  }
  return values;
}

std::map<std::string, ConfigValue> read_config(const std::filesystem::path& path) {
  const InputFile file(path);
  if (file.size() > kLargestFile) {
    throw Error(fmt::format("{}: more than a megabyte: not a file of options", path.string()));
  }
  const std::vector<std::uint8_t> bytes = file.read_all();
  return parse_config({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, path.string());
}

std::string config_value(const std::string& text) {
  if (is_bare_value(text)) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') quoted += '\\';
    const bool control = (byte < 0x20 && c != '\t') || byte == 0x7f;
    quoted += control ? fmt::format("\\u{:04x}", byte) : std::string(1, c);
  }
  return quoted + '"';
}

}  // namespace kilat
