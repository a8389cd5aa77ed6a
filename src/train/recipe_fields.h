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

// Settles what options given by name mean for others that are not: an explicit number of iterations
// replaces the recipe's epochs, and the other way round; adam has no momentum, and a learning rate
// of its own.
void settle(Recipe& recipe, const std::function<bool(const char*)>& is_given);

// Throws Error when options do not go together, or a number is out of its range.
void validate(const Recipe& recipe);

}  // namespace kilat
