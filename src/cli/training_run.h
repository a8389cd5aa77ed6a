// One training run from its options to its files.
#pragma once

#include <optional>
#include <string>

#include <kilat/train.h>

#include "base/stopwatch.h"
#include "cli/train_options.h"
#include "report/console.h"
#include "report/json.h"
#include "report/run_directory.h"
#include "train/checkpoint.h"

namespace kilat {

struct TrainingOutcome {
  TrainingResult result;
  Json summary;  // what --json prints
  RunDirectory directory;
};

// Loads the data, trains with progress on `output`, by default a console of its own on stderr, and
// writes the run's files. `resumed` continues that run; `clock` was started when the command began.
// The caller must hold an Interrupt. If it throws Error, a folder that it made is removed unless it
// holds a checkpoint.
TrainingOutcome train_and_write(TrainOptions options, Device device,
                                const std::optional<Checkpoint>& resumed, Stopwatch clock,
                                RunOutput* output = nullptr);

// Decides options.recipe.engine, for runs that begin. Loads the data to know.
void choose_engine(TrainOptions& options, Device& device);

// What a failed or interrupted run says on stderr, whatever --quiet says.
void explain(const TrainOptions& options, const TrainingOutcome& outcome);

int exit_code(StopReason reason);

}  // namespace kilat
