#include "cli/given_options.h"

#include <cstdint>

#include <fmt/format.h>

namespace kilat {

void GivenOptions::add(CLI::App& command, const std::string& name, const std::string& alias,
                       const std::string& group, const std::string& value,
                       const std::string& help) {
  if (value.empty()) {
    command
        .add_flag_function(
            fmt::format("--{0},!--no-{0}", name),
            [this, name](std::int64_t n) { texts_[name] = n > 0 ? "true" : "false"; }, help)
        ->group(group);
    return;
  }
  command
      .add_option_function<std::string>(
          alias.empty() ? "--" + name : fmt::format("--{},--{}", name, alias),
          [this, name](const std::string& text) { texts_[name] = text; }, help)
      ->group(group)
      ->type_name(value)
      ->take_last();
}

}  // namespace kilat
