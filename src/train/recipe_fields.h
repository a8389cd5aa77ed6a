// Every option of a recipe, declared once: for the command line, TOML files, checkpoints, reports.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <kilat/recipe.h>

namespace kilat {

struct RecipeField {
  std::string name;   // without dashes: "learning-rate"
  std::string alias;  // a second name, or ""
  std::string group;  // heading in --help
  std::string value;  // what stands for its value in --help: "N"; "" for a switch (true or false)
  std::string help;
  std::function<std::string(const Recipe&)> text;
  std::function<void(Recipe&, const std::string&)> set;  // throws Error for a value it cannot take
};

const std::vector<RecipeField>& recipe_fields();

// Name and text of every option, in order.
std::vector<std::pair<std::string, std::string>> option_texts(const Recipe& recipe);

// Adjusts the options that were not given to those that were: a given number of iterations replaces
// the recipe's epochs, and vice versa; adam has no momentum, and its own default learning rate.
void settle(Recipe& recipe, const std::function<bool(const char*)>& is_given);

// Throws Error when options do not go together, or a number is out of its range.
void validate(const Recipe& recipe);

}  // namespace kilat
