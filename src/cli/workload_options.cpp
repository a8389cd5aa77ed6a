#include "cli/workload_options.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "cli/device_options.h"
#include "train/recipe_fields.h"

namespace kilat {
namespace {

// The recipe's other fields concern a run: its length, schedule, evaluations and early stopping.
constexpr std::array<std::string_view, 23> kFields = {
    "train-on",   "train-range",    "validation", "normalise",   "augment", "hidden",
    "activation", "negative-slope", "init",       "init-scale",  "seed",    "batch",
    "lr",         "optimizer",      "momentum",   "nesterov",    "beta1",   "beta2",
    "epsilon",    "weight-decay",   "precision",  "first-layer", "engine"};

std::vector<const RecipeField*> workload_fields() {
  std::vector<const RecipeField*> fields;
  for (const RecipeField& field : recipe_fields()) {
    if (std::find(kFields.begin(), kFields.end(), field.name) != kFields.end()) {
      fields.push_back(&field);
    }
  }
  return fields;
}

}  // namespace

WorkloadOptions::WorkloadOptions(CLI::App& command) {
  given_.add(command, "recipe", "", kRecipeGroup, "NAME", kRecipeHelp);
  command.add_option("--data", data_, kDataHelp)->group("Data")->type_name("DIR")->take_last();
  for (const RecipeField* field : workload_fields()) given_.add(command, *field);
}

Recipe WorkloadOptions::recipe() const {
  const auto named = given_.texts().find("recipe");
  Recipe recipe = named == given_.texts().end() ? recipes().front() : find_recipe(named->second);
  for (const RecipeField* field : workload_fields()) {
    const auto given = given_.texts().find(field->name);
    if (given != given_.texts().end()) field->set(recipe, given->second);
  }
  settle(recipe, [&](const char* name) { return gives(name); });
  validate(recipe);
  return recipe;
}

Workload WorkloadOptions::load() const { return load_workload(recipe(), find_data(data_)); }

}  // namespace kilat
