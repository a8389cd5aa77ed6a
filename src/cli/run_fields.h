// The options of `kilat train` that are not part of a recipe, each declared once (as in
// recipe_fields.h).
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cli/train_options.h"

namespace kilat {

struct RunField {
  std::string name;   // without dashes
  std::string group;  // heading in --help
  std::string value;  // what stands for its value in --help; "" for a switch (true or false)
  std::string help;
  std::function<std::string(const TrainOptions&)> text;
  std::function<void(TrainOptions&, const std::string&)> set;  // throws Error
};

constexpr const char* kFilesGroup = "Files";
constexpr const char* kOutputGroup = "Output";

const std::vector<RunField>& run_fields();

}  // namespace kilat
