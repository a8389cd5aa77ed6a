#include "cli/train_options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>

#include <kilat/error.h>

#include "train/recipe_fields.h"

namespace kilat {
namespace {

constexpr const char* kFiles = "Files";
constexpr const char* kOutput = "Output";

// An option of a run that is no part of a recipe.
struct RunField {
  const char* name;
  const char* group;
  const char* value;  // "" for a switch
  const char* help;
  std::function<std::string(const TrainOptions&)> text;
  std::function<void(TrainOptions&, const std::string&)> set;
};

RunField text_field(const char* name, const char* group, const char* value,
                    std::string TrainOptions::*field, const char* help) {
  return {name, group, value, help, [=](const TrainOptions& o) { return o.*field; },
          [=](TrainOptions& o, const std::string& text) { o.*field = text; }};
}

RunField switch_field(const char* name, bool TrainOptions::*field, const char* help) {
  return {name, kOutput, "", help,
          [=](const TrainOptions& o) { return std::string(o.*field ? "true" : "false"); },
          [=](TrainOptions& o, const std::string& text) { o.*field = text == "true"; }};
}

template <class T>
T whole_number(const char* name, const std::string& text, T least) {
  T value{};
  if (!CLI::detail::lexical_cast(text, value) || value < least || text.starts_with('-')) {
    throw Error(fmt::format("--{}: '{}' is no whole number from {}", name, text, least));
  }
  return value;
}

const std::vector<RunField>& run_fields() {
  static const std::vector<RunField> all = {
      text_field("data", kFiles, "DIR", &TrainOptions::data,
                 "folder of IDX files; else $KILAT_DATA, else the MNIST that Kilat brings along"),
      text_field("run", kFiles, "DIR", &TrainOptions::run,
                 "folder for model, history, report, …; else runs/RECIPE-DATE-TIME"),
      text_field("model", kFiles, "FILE", &TrainOptions::model,
                 "where the model goes; else model.safetensors in the run's folder"),
      text_field("init-from", kFiles, "MODEL", &TrainOptions::init_from,
                 "start from a saved network's weights instead of drawn ones"),
      text_field("resume", kFiles, "RUN", &TrainOptions::resume,
                 "continue an interrupted run from its folder or checkpoint, with its own options"),
      {"device", "Device", "NAME", "auto, cpu, or reference (double precision, slow)",
       [](const TrainOptions& o) { return o.device.device; },
       [](TrainOptions& o, const std::string& text) { o.device.device = text; }},
      {"threads", "Device", "N", "threads to use; 0: all there are",
       [](const TrainOptions& o) { return fmt::format("{}", o.device.threads); },
       [](TrainOptions& o, const std::string& text) {
         o.device.threads = whole_number("threads", text, 0);
       }},
      {"seeds", kOutput, "N", "train N times, with seed, seed+1, …; report median and spread",
       [](const TrainOptions& o) { return fmt::format("{}", o.seeds); },
       [](TrainOptions& o, const std::string& text) {
         o.seeds = whole_number<std::size_t>("seeds", text, 1);
       }},
      switch_field("json", &TrainOptions::json, "print the result as one JSON object to stdout"),
      switch_field("quiet", &TrainOptions::quiet, "show no progress"),
  };
  return all;
}

std::string toml_value(const std::string& text) {
  const bool number = !text.empty() && text.find_first_not_of("0123456789.e+-") ==
                                           std::string::npos && text.find_first_of("0123456789") !=
                                           std::string::npos && text.find(',') == std::string::npos;
  if (number || text == "true" || text == "false") return text;
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

std::map<std::string, std::string> read_config(const std::string& file) {
  std::map<std::string, std::string> values;
  try {
    for (const CLI::ConfigItem& item : CLI::ConfigTOML().from_file(file)) {
      if (item.name == "++" || item.name == "--") continue;  // CLI11's marks of a section
      values[item.name] = fmt::format("{}", fmt::join(item.inputs, ","));
    }
  } catch (const CLI::Error& error) {
    throw Error(fmt::format("--config {}: {}", file, error.what()));
  }
  return values;
}

// Takes `values` over into `options`; `recipe` is dealt with before.
void apply(TrainOptions& options, const std::map<std::string, std::string>& values,
           const std::string& source) {
  for (const auto& [name, text] : values) {
    if (name == "recipe") continue;
    const auto named = [&name = name](const auto& field) { return field.name == name; };
    const auto& recipe = recipe_fields();
    const auto in_recipe = std::find_if(recipe.begin(), recipe.end(), [&](const RecipeField& f) {
      return named(f) || (!f.alias.empty() && f.alias == name);
    });
    const auto in_run = std::find_if(run_fields().begin(), run_fields().end(),
                                     [&](const RunField& f) { return f.name == name; });
    if (in_recipe != recipe.end()) {
      in_recipe->set(options.recipe, text);
    } else if (in_run != run_fields().end()) {
      in_run->set(options, text);
    } else {
      throw Error(fmt::format("{}: unknown option '{}' (see kilat train --help)", source, name));
    }
  }
  // An explicit number of iterations replaces the recipe's epochs, and the other way round.
  if (values.contains("iterations") && !values.contains("epochs")) {
    options.recipe.epochs = std::numeric_limits<std::size_t>::max();
  } else if (values.contains("epochs") && !values.contains("iterations")) {
    options.recipe.iterations = 0;
  }
}

}  // namespace

TrainParser::TrainParser(CLI::App& command) {
  const auto add = [&](const std::string& name, const std::string& alias, const std::string& group,
                       const std::string& value, const std::string& help) {
    if (value.empty()) {
      const std::string names = fmt::format("--{0},!--no-{0}", name);
      command
          .add_flag_function(
              names, [this, name](std::int64_t n) { given_[name] = n > 0 ? "true" : "false"; },
              help)
          ->group(group);
      return;
    }
    const std::string names = alias.empty() ? "--" + name : fmt::format("--{},--{}", name, alias);
    command
        .add_option_function<std::string>(
            names, [this, name](const std::string& text) { given_[name] = text; }, help)
        ->group(group)
        ->type_name(value)
        ->take_last();
  };
  add("recipe", "", "Recipe", "NAME", "named set of options (see kilat recipes); default mnist");
  for (const RunField& field : run_fields()) {
    if (field.group == std::string(kFiles)) add(field.name, "", field.group, field.value, field.help);
  }
  for (const RecipeField& field : recipe_fields()) {
    add(field.name, field.alias, field.group, field.value, field.help);
  }
  for (const RunField& field : run_fields()) {
    if (field.group != std::string(kFiles)) add(field.name, "", field.group, field.value, field.help);
  }
  add("print-config", "", kOutput, "", "print the options in effect as TOML and exit");
  command.add_option("--config", config_, "TOML file with options, such as: hidden = \"300,100\"")
      ->group("Recipe")
      ->type_name("FILE");
}

TrainOptions TrainParser::options() const {
  std::map<std::string, std::string> given = given_;
  TrainOptions options;
  options.print_config = given.erase("print-config") > 0;
  const auto config = config_.empty() ? std::map<std::string, std::string>() : read_config(config_);
  std::string recipe = recipes().front().name;
  if (const auto named = config.find("recipe"); named != config.end()) recipe = named->second;
  if (const auto named = given.find("recipe"); named != given.end()) recipe = named->second;
  options.recipe = find_recipe(recipe);
  apply(options, config, "--config " + config_);
  apply(options, given, "command line");
  validate(options.recipe);
  return options;
}

std::string TrainParser::toml(const TrainOptions& options) {
  std::string text = fmt::format("recipe = {}\n", toml_value(options.recipe.name));
  for (const RecipeField& field : recipe_fields()) {
    text += fmt::format("{} = {}\n", field.name, toml_value(field.text(options.recipe)));
  }
  for (const RunField& field : run_fields()) {
    text += fmt::format("{} = {}\n", field.name, toml_value(field.text(options)));
  }
  return text;
}

}  // namespace kilat
