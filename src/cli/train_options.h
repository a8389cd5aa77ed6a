// The options of `kilat train`: from the recipe, the --config file and the command line, where
// later ones override earlier ones.
#pragma once

#include <CLI/CLI.hpp>
#include <cstddef>
#include <string>

#include <kilat/recipe.h>

#include "cli/device_options.h"
#include "cli/given_options.h"

namespace kilat {

// A run's options beside its recipe.
struct TrainOptions {
  Recipe recipe;
  DeviceOptions device;
  std::string data;       // folder
  std::string run;        // folder of the run's files
  std::string model;      // where the model goes
  std::string init_from;  // model to start from
  std::string resume;     // checkpoint or run folder to continue
  std::size_t seeds = 1;
  bool json = false;
  bool quiet = false;
  bool print_config = false;
};

// Collects the options while they are parsed.
class TrainParser {
 public:
  explicit TrainParser(CLI::App& command);

  // The options in effect. Throws Error for a value or a name that makes no sense.
  TrainOptions options() const;

  // The options in effect as a TOML file for --config.
  static std::string toml(const TrainOptions& options);

 private:
  GivenOptions given_;
  std::string config_;
};

}  // namespace kilat
