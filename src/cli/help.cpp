#include "cli/help.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace kilat {
namespace {

constexpr std::size_t kColumns = 100;
constexpr std::size_t kIndent = 28;  // where descriptions begin

// Characters of UTF-8 text: the bytes that do not continue one.
std::size_t length(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

// `text` in lines of kColumns, from column kIndent on.
std::string wrapped(const std::string& text) {
  std::string all;
  std::size_t column = kIndent;
  for (const std::string& word : CLI::detail::split(text, ' ')) {
    if (column > kIndent && column + 1 + length(word) > kColumns) {
      all += '\n' + std::string(kIndent, ' ');
      column = kIndent;
    }
    if (column > kIndent) {
      all += ' ';
      ++column;
    }
    all += word;
    column += length(word);
  }
  return all;
}

// "--lr, --learning-rate X", "--[no-]quiet", or "MODEL" for an argument without dashes.
std::string heading(const CLI::Option& option, bool is_positional) {
  if (is_positional) return option.get_name(true);
  std::vector<std::string> names;
  for (const std::string& name : option.get_snames()) names.push_back('-' + name);
  const bool switches_off = !option.get_fnames().empty();
  for (const std::string& name : option.get_lnames()) {
    if (switches_off && name.starts_with("no-")) continue;
    names.push_back((switches_off ? "--[no-]" : "--") + name);
  }
  std::string text = fmt::format("{}", fmt::join(names, ", "));
  if (option.get_type_size() != 0) text += ' ' + option.get_type_name();
  return text;
}

}  // namespace

HelpFormatter::HelpFormatter() {
  column_width(kIndent);  // of the list of commands
  label("Positionals", "Arguments");
  label("Subcommands", "Commands");
  label("SUBCOMMAND", "COMMAND");
}

std::string HelpFormatter::make_usage(const CLI::App* app, std::string name) const {
  return CLI::Formatter::make_usage(app, std::move(name)) + '\n';
}

std::string HelpFormatter::make_positionals(const CLI::App* app) const {
  const std::string text = CLI::Formatter::make_positionals(app);
  return text.empty() ? text : text + '\n';
}

std::string HelpFormatter::make_group(std::string group, bool is_positional,
                                      std::vector<const CLI::Option*> options) const {
  std::string text = group + ":\n";
  for (const CLI::Option* option : options) text += make_option(option, is_positional);
  return text;
}

std::string HelpFormatter::make_option(const CLI::Option* option, bool is_positional) const {
  const std::string name = "  " + heading(*option, is_positional);
  const std::string gap = name.size() + 2 <= kIndent ? std::string(kIndent - name.size(), ' ')
                                                     : '\n' + std::string(kIndent, ' ');
  return name + gap + wrapped(option->get_description()) + '\n';
}

std::string HelpFormatter::make_option_usage(const CLI::Option* option) const {
  const std::string name = option->get_name(true) + (option->get_expected_max() > 1 ? "..." : "");
  return option->get_required() ? name : '[' + name + ']';
}

}  // namespace kilat
