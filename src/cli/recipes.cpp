#include <memory>

#include <fmt/format.h>

#include <kilat/recipe.h>

#include "cli/commands.h"
#include "cli/output.h"
#include "report/json.h"

namespace kilat {
namespace {

int print_recipes(bool as_json) {
  Json all = Json::array();
  for (const Recipe& recipe : recipes()) {
    if (!as_json) {
      print_result(fmt::format("{}\n    {}\n", recipe.name, recipe.summary));
      if (!recipe.reached.empty()) print_result(fmt::format("    reached: {}\n", recipe.reached));
      continue;
    }
    all.push_back({{"name", recipe.name},
                   {"summary", recipe.summary},
                   {"reached", recipe.reached},
                   {"options", options_json(recipe)}});
  }
  if (as_json) print_json(all);
  return 0;
}

}  // namespace

void add_recipes(CLI::App& app, Command& chosen) {
  CLI::App* command = app.add_subcommand("recipes", "list the recipes and what each reached");
  command->footer("kilat train --recipe NAME --print-config shows all options of one.");
  const auto as_json = std::make_shared<bool>(false);
  command->add_flag("--json", *as_json, "print an array with all options");
  command->callback([&chosen, as_json] { chosen = [as_json] { return print_recipes(*as_json); }; });
}

}  // namespace kilat
