#include "cli/train_options.h"

#include <algorithm>

#include <fmt/format.h>

#include <kilat/error.h>

#include "cli/config_file.h"
#include "cli/run_fields.h"
#include "train/recipe_fields.h"

namespace kilat {
namespace {

const RecipeField* find_recipe_field(const std::string& name) {
  const auto& fields = recipe_fields();
  const auto found = std::find_if(fields.begin(), fields.end(), [&](const RecipeField& f) {
    return f.name == name || (!f.alias.empty() && f.alias == name);
  });
  return found == fields.end() ? nullptr : &*found;
}

const RunField* find_run_field(const std::string& name) {
  const auto& fields = run_fields();
  const auto found =
      std::find_if(fields.begin(), fields.end(), [&](const RunField& f) { return f.name == name; });
  return found == fields.end() ? nullptr : &*found;
}

// `recipe` has been handled before.
void set_option(TrainOptions& options, const std::string& name, const std::string& text) {
  if (name == "recipe") return;
  if (const RecipeField* field = find_recipe_field(name)) {
    field->set(options.recipe, text);
  } else if (const RunField* run_field = find_run_field(name)) {
    run_field->set(options, text);
  } else {
    throw Error(fmt::format("unknown option '{}' (see kilat train --help)", name));
  }
}

// Of the command line.
void set_options(TrainOptions& options, const std::map<std::string, std::string>& values) {
  for (const auto& [name, text] : values) set_option(options, name, text);
  settle(options.recipe, [&](const char* name) { return values.contains(name); });
}

// Of the file `file`.
void set_options(TrainOptions& options, const std::map<std::string, ConfigValue>& values,
                 const std::string& file) {
  for (const auto& [name, value] : values) {
    try {
      const RecipeField* field = find_recipe_field(name);
      if (field != nullptr && field->name != name && values.contains(field->name)) {
        throw Error(fmt::format("{} and {} are the same option: keep one", name, field->name));
      }
      set_option(options, name, value.text);
    } catch (const Error& error) {
      throw Error(fmt::format("{}:{}: {}", file, value.line, error.what()), error.failure());
    }
  }
  settle(options.recipe, [&](const char* name) { return values.contains(name); });
}

// Throws Error for options of the network, which with --init-from comes from the model.
void refuse_with_init_from(const std::map<std::string, std::string>& given) {
  for (const char* name : {"activation", "negative-slope"}) {
    if (!given.contains(name)) continue;
    throw Error(fmt::format("--init-from goes on from the model's network: leave out --{}", name));
  }
}

void refuse_with_resume(const std::map<std::string, std::string>& given) {
  for (const auto& [name, text] : given) {
    if (find_recipe_field(name) || name == "recipe" || name == "init-from" || name == "seeds") {
      throw Error(fmt::format("--resume goes on as the run began: leave out --{}", name));
    }
  }
}

}  // namespace

TrainParser::TrainParser(CLI::App& command) {
  given_.add(command, "recipe", "", kRecipeGroup, "NAME", kRecipeHelp);
  command
      .add_option("--config", config_,
                  "TOML file with options, such as: hidden = [300, 100]; the command line wins")
      ->group(kRecipeGroup)
      ->type_name("FILE");
  const auto add_run_fields = [&](bool files) {
    for (const RunField& f : run_fields()) {
      if ((f.group == kFilesGroup) != files) continue;
      given_.add(command, f.name, "", f.group, f.value, f.help);
    }
  };
  add_run_fields(true);
  for (const RecipeField& f : recipe_fields()) given_.add(command, f);
  add_run_fields(false);
  given_.add(command, "print-config", "", kOutputGroup, "",
             "print the options in effect, as a file for --config, and exit");
}

TrainOptions TrainParser::options() const {
  std::map<std::string, std::string> given = given_.texts();
  TrainOptions options;
  if (const auto print = given.extract("print-config")) {
    options.print_config = print.mapped() == "true";
  }
  std::map<std::string, ConfigValue> config;
  if (!config_.empty()) config = read_config(config_);
  std::string recipe = recipes().front().name;
  if (const auto named = config.find("recipe"); named != config.end()) recipe = named->second.text;
  if (const auto named = given.find("recipe"); named != given.end()) recipe = named->second;
  options.recipe = find_recipe(recipe);
  set_options(options, config, config_);
  set_options(options, given);
  validate(options.recipe);
  if (!options.resume.empty()) refuse_with_resume(given);
  if (!options.init_from.empty()) refuse_with_init_from(given);
  return options;
}

std::string TrainParser::toml(const TrainOptions& options) {
  std::string text = fmt::format("recipe = {}\n", config_value(options.recipe.name));
  std::string group;
  const auto add_line = [&](const auto& field, const std::string& value) {
    if (field.group != group) text += fmt::format("\n# {}\n", field.group);
    group = field.group;
    text += fmt::format("{} = {}\n", field.name, config_value(value));
  };
  for (const RecipeField& field : recipe_fields()) add_line(field, field.text(options.recipe));
  for (const RunField& field : run_fields()) add_line(field, field.text(options));
  return text;
}

}  // namespace kilat
