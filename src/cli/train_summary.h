// What `kilat train` says of a run, as JSON and in words.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <kilat/device.h>
#include <kilat/train.h>

#include "cli/train_options.h"
#include "report/json.h"

namespace kilat {

// The line before the first step: recipe, network, data, device and why.
std::string start_line(const Recipe& recipe, const Device& device, const Network& network,
                       const TrainingData& data);

// The object that --json prints.
Json summarise(const Recipe& recipe, const Device& device, const TrainingData& data,
               const TrainingResult& result, const std::string& model, double total_seconds);

// The same in a few lines.
std::string summary_text(const Recipe& recipe, const TrainingResult& result, const Json& summary,
                         const std::string& folder);

// The command that continues an interrupted run in `folder`.
std::string resume_command(const TrainOptions& options, const std::string& folder);

// "completed after 1876 iterations in 2.1 s, test accuracy 97.31 %": of one run's summary.
std::string outcome_text(const Json& run);

// Median, minimum and maximum of each score over the runs of --seeds, of which there is at least
// one, and the runs themselves. `wall_seconds`: of them all together.
Json summarise_seeds(const std::vector<Json>& runs, std::size_t at_once, double wall_seconds);
std::string seeds_text(const Json& summary);

}  // namespace kilat
