// The options of `kilat bench`.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include <kilat/device.h>

#include "bench/measurement.h"
#include "cli/device_options.h"
#include "cli/workload_options.h"

namespace kilat {

struct BenchOptions {
  explicit BenchOptions(CLI::App& command);
  BenchOptions(const BenchOptions&) = delete;  // the parser holds on to the members
  BenchOptions& operator=(const BenchOptions&) = delete;

  // Throws Error for options that make no sense, alone or together.
  void validate() const;

  std::vector<Device> devices() const;            // one, or the two of --compare; throws Error
  std::optional<double> wanted_accuracy() const;  // --until
  bool sweeps() const { return !sweep.empty(); }

  WorkloadOptions workload;
  DeviceOptions device;
  std::string compare;
  std::string sweep;
  std::string until;
  MeasurementPlan plan;
  bool clocks = false;
  bool json = false;
};

}  // namespace kilat
