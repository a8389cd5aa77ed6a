#include "cli/workload.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

#include <kilat/error.h>

#include "cli/device_options.h"
#include "cli/memory.h"
#include "cli/training_data.h"
#include "train/recipe_fields.h"

namespace kilat {
namespace {

// The others are about a run: its length, schedule, evaluations and end.
constexpr std::array<std::string_view, 15> kFields = {
    "train-on", "train-range", "validation",   "normalise", "hidden",
    "init",     "init-scale",  "seed",         "batch",     "lr",
    "momentum", "nesterov",    "weight-decay", "precision", "first-layer"};

std::vector<const RecipeField*> workload_fields() {
  std::vector<const RecipeField*> fields;
  for (const RecipeField& field : recipe_fields()) {
    if (std::find(kFields.begin(), kFields.end(), field.name) != kFields.end()) {
      fields.push_back(&field);
    }
  }
  return fields;
}

void require_fit(const Network& network, const Dataset& data) {
  if (data.empty() || data.features == network.features()) return;
  throw Error(fmt::format("{}: images of {} pixels, but those to train on have {}", data.name,
                          data.features, network.features()));
}

}  // namespace

std::size_t Workload::batch() const {
  return recipe.batch == 0 ? data.train.size() : std::min(recipe.batch, data.train.size());
}

std::size_t Workload::steps_per_epoch() const {
  return (data.train.size() + batch() - 1) / batch();
}

std::string Workload::text() const {
  const bool full = batch() == data.train.size();
  return fmt::format("{} on {} samples, batch {}", network.text(), data.train.size(),
                     full ? "full" : fmt::format("{}", batch()));
}

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
  validate(recipe);
  return recipe;
}

Workload WorkloadOptions::load() const {
  Workload work{.recipe = recipe(), .data = {}, .network = {}};
  work.data = load_training_data(find_data(data_), work.recipe);
  require_memory(work.recipe, work.data.train);
  work.network = initial_network(work.recipe, work.data.train);
  require_fit(work.network, work.data.validation);
  require_fit(work.network, work.data.test);
  return work;
}

Recipe recipe_for(const Device& device, const Recipe& recipe) {
  Recipe possible = recipe;
  if (device.kind != Device::Kind::cuda) possible.precision = Precision::fp32;
  return possible;
}

std::string device_text(const Device& device) {
  constexpr std::size_t kColumns = 80;
  const std::string line = fmt::format("{}: {}", device.name, device.text);
  return line.size() <= kColumns ? line : fmt::format("{}:\n  {}", device.name, device.text);
}

std::unique_ptr<Trainer> make_session(const Workload& work, const Device& device, std::size_t steps,
                                      const std::vector<const Dataset*>& others) {
  const std::vector<float> rates(steps, work.recipe.learning_rate);
  return make_trainer(device, work.network, {&work.data.train, others},
                      recipe_for(device, work.recipe), rates);
}

}  // namespace kilat
