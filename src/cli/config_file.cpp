#include "cli/config_file.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <kilat/error.h>

#include "base/input_file.h"

namespace kilat {
namespace {

constexpr std::size_t kLargestFile = std::size_t{1} << 20;

bool is_bare(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\t') || byte == 0x7f;
}

// Whether TOML has `text` as a number: 5, -0.25, 1e-05; no leading zeros, no bare points.
bool is_number(std::string_view text) {
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
  const auto digits = [&text] {
    const std::size_t n = std::min(text.find_first_not_of("0123456789"), text.size());
    const std::string_view taken = text.substr(0, n);
    text.remove_prefix(n);
    return taken;
  };
  const std::string_view whole = digits();
  if (whole.empty() || (whole.size() > 1 && whole.front() == '0')) return false;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (digits().empty()) return false;
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
    if (digits().empty()) return false;
  }
  return text.empty();
}

class Parser {
 public:
  Parser(std::string_view text, const std::string& name) : rest_(text), name_(name) {}

  std::map<std::string, ConfigValue> parse() {
    std::map<std::string, ConfigValue> values;
    while (skip_to_text(), !rest_.empty()) {
      const std::size_t line = line_;
      std::string key = parse_key();
      skip_blanks();
      if (!take('=')) fail("expected KEY = VALUE, such as epochs = 20");
      skip_blanks();
      std::string text = rest_.starts_with('[') ? parse_array() : parse_value();
      end_line();
      if (!values.try_emplace(key, ConfigValue{std::move(text), line}).second) {
        fail(fmt::format("{} is given twice", key));
      }
    }
    return values;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw Error(fmt::format("{}:{}: {}", name_, line_, what));
  }

  bool take(char c) {
    if (!rest_.starts_with(c)) return false;
    if (c == '\n') ++line_;
    rest_.remove_prefix(1);
    return true;
  }

  void skip_blanks() {
    while (take(' ') || take('\t')) {
    }
  }

  void skip_comment() {
    if (!rest_.starts_with('#')) return;
    while (!rest_.empty() && !is_control(rest_.front())) rest_.remove_prefix(1);
  }

  // Past a line's end, "\n" or "\r\n".
  bool take_line_end() {
    if (rest_.starts_with("\r\n")) rest_.remove_prefix(1);
    return take('\n');
  }

  // Past blanks, comments and line ends.
  void skip_to_text() {
    do {
      skip_blanks();
      skip_comment();
    } while (take_line_end());
  }

  void end_line() {
    skip_blanks();
    skip_comment();
    if (rest_.empty() || rest_.starts_with('\n') || rest_.starts_with("\r\n")) return;
    fail("expected the end of the line after the value");
  }

  std::string parse_key() {
    if (rest_.starts_with('[')) fail("options stand without [tables]");
    if (rest_.starts_with('"') || rest_.starts_with('\'')) return parse_string();
    const std::string key = take_bare();
    if (key.empty()) fail("not TOML: expected KEY = VALUE, such as epochs = 20");
    return key;
  }

  std::string take_bare() {
    const auto end = std::find_if_not(rest_.begin(), rest_.end(), is_bare);
    std::string text(rest_.begin(), end);
    rest_.remove_prefix(text.size());
    return text;
  }

  std::string parse_value() {
    if (rest_.starts_with('"') || rest_.starts_with('\'')) return parse_string();
    const std::size_t end = std::min(rest_.find_first_of(" \t\r\n,]#"), rest_.size());
    const std::string text(rest_.substr(0, end));
    if (!is_number(text) && text != "true" && text != "false") {
      fail("expected a number, true, false, a \"string\" or an [array]");
    }
    rest_.remove_prefix(end);
    return text.starts_with('+') ? text.substr(1) : text;
  }

  std::string parse_array() {
    std::vector<std::string> elements;
    take('[');
    for (;;) {
      skip_to_text();
      if (take(']')) break;
      elements.push_back(parse_value());
      skip_to_text();
      if (take(']')) break;
      if (!take(',')) fail("expected , or ] in the array");
    }
    return fmt::format("{}", fmt::join(elements, ","));
  }

  std::string parse_string() {
    const char quote = rest_.front();
    rest_.remove_prefix(1);
    std::string text;
    while (!take(quote)) {
      if (rest_.empty() || is_control(rest_.front())) fail("the string does not end on its line");
      if (quote == '"' && take('\\')) {
        text += parse_escape();
      } else {
        text += rest_.front();
        rest_.remove_prefix(1);
      }
    }
    return text;
  }

  char parse_escape() {
    for (const auto& [letter, meaning] :
         {std::pair('"', '"'), std::pair('\\', '\\'), std::pair('t', '\t'), std::pair('n', '\n'),
          std::pair('r', '\r')}) {
      if (take(letter)) return meaning;
    }
    if (take('u')) {
      unsigned code = 0;
      const std::string_view digits = rest_.substr(0, 4);
      const auto [stop, error] =
          std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
      if (error == std::errc() && stop == digits.data() + 4 && code > 0 && code < 0x80) {
        rest_.remove_prefix(4);
        return static_cast<char>(code);
      }
    }
    fail(R"(in a string, \ is written \\; or put the string in 'single quotes')");
  }

  std::string_view rest_;
  const std::string& name_;
  std::size_t line_ = 1;
};

}  // namespace

std::map<std::string, ConfigValue> parse_config(std::string_view text, const std::string& name) {
  return Parser(text, name).parse();
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
  if (is_number(text) || text == "true" || text == "false") return text;
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted +=
        is_control(c) ? fmt::format("\\u{:04x}", static_cast<unsigned char>(c)) : std::string(1, c);
  }
  return quoted + '"';
}

}  // namespace kilat
