// The options given on a command line, kept as text while parsing. They are interpreted once all of
// them are known.
#pragma once

#include <CLI/CLI.hpp>
#include <map>
#include <string>

#include "train/recipe_fields.h"

namespace kilat {

constexpr const char* kRecipeGroup = "Recipe";
constexpr const char* kRecipeHelp = "named set of options (see kilat recipes); default mnist";

// Lives as long as the commands that its options were added to.
class GivenOptions {
 public:
  GivenOptions() = default;
  GivenOptions(const GivenOptions&) = delete;
  GivenOptions& operator=(const GivenOptions&) = delete;

  // Adds --NAME, and --ALIAS unless that is "", with a value called `value`; or the switch
  // --[no-]NAME, true or false, where `value` is "".
  void add(CLI::App& command, const std::string& name, const std::string& alias,
           const std::string& group, const std::string& value, const std::string& help);
  void add(CLI::App& command, const RecipeField& field) {
    add(command, field.name, field.alias, field.group, field.value, field.help);
  }

  // Name to text of those given, the last of each.
  const std::map<std::string, std::string>& texts() const { return texts_; }

 private:
  std::map<std::string, std::string> texts_;
};

}  // namespace kilat
