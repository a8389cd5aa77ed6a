// The options of a recipe that decide what a step computes, and where the data are: for the
// commands that time and verify steps.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "cli/given_options.h"
#include "train/workload.h"

namespace kilat {

class WorkloadOptions {
 public:
  explicit WorkloadOptions(CLI::App& command);

  bool gives(const std::string& name) const { return given_.texts().contains(name); }

  // The recipe as the options have it. Throws Error.
  Recipe recipe() const;

  // What it trains. Throws Error.
  Workload load() const;

 private:
  GivenOptions given_;
  std::string data_;
};

}  // namespace kilat
