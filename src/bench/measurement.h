// How fast a device trains a workload.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include <kilat/device.h>

#include "backend/nvml.h"
#include "bench/phases.h"
#include "report/quantiles.h"
#include "session/peak.h"
#include "train/workload.h"

namespace kilat {

// How long to measure, in epochs.
struct MeasurementPlan {
  std::size_t warmup = 1;        // before those that are timed
  std::size_t epochs = 0;        // to time; 0: as many as fit into `seconds`
  std::size_t least_epochs = 3;  // the minimum if epochs is 0
  double seconds = 5;
};

struct Measurement {
  Device device;
  std::size_t batch = 0;              // in samples
  std::vector<double> epoch_seconds;  // of each epoch timed
  Percentiles epoch;                  // of these
  double samples_per_second = 0;      // of the median epoch
  double gflops = 0;                  // 10⁹ operations a second, by training_flops
  // From the start of the process to the end of the first step.
  double cold_start_seconds = kNotMeasured;
  Parts phases;       // of one epoch, measured separately
  Parts step_clocks;  // the mean over that epoch; empty unless one kernel makes all steps
  Peak peak;
  std::optional<GpuClocks> clocks;  // while training, if a GPU reports them
};

// Measures only the epochs: batch, epoch_seconds and what is computed from them. Throws Error
// (Failure::run) when the run diverges.
Measurement measure_epochs(const Workload& work, const Device& device, const MeasurementPlan& plan);

// Measures everything. `startup_seconds` is the part of the cold start before this call: process,
// data and device.
Measurement measure(const Workload& work, const Device& device, const MeasurementPlan& plan,
                    double startup_seconds);

}  // namespace kilat
