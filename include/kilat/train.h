// Training, evaluation and prediction.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <kilat/dataset.h>
#include <kilat/device.h>
#include <kilat/network.h>
#include <kilat/recipe.h>

namespace kilat {

constexpr double kNotMeasured = std::numeric_limits<double>::quiet_NaN();

// Loss (mean cross-entropy, in nats) and accuracy (a fraction) over a whole data set.
struct Score {
  double loss = kNotMeasured;
  double accuracy = kNotMeasured;
};

// One row of the history.
struct Evaluation {
  std::size_t iteration = 0;  // updates made so far
  double epoch = 0;           // the same in passes over the training data
  Score train, validation, test;
  double learning_rate = 0;  // of the last update made
  std::vector<double> dead;  // a hidden layer's share of units that fire for no training image
  // Spent in training steps so far, and in evaluations that the device makes along with them.
  double train_seconds = 0;
  std::string weights_sha256;  // computed once an epoch, else empty
};

enum class StopReason { completed, patience, drops, stuck, diverged, interrupted };
std::string_view to_string(StopReason reason);

// Why a run failed, in words. `text` is empty if it did not fail.
struct Diagnosis {
  std::size_t iteration = 0;
  std::string tensor;  // the first non-finite one, such as "layer 1: weight"
  std::string text;    // one line: what, where, likely cause with its figures, how to mend
};

// The data of a run. Validation and test may be empty.
struct TrainingData {
  Dataset train, validation, test;
};

struct TrainingResult {
  Network network;  // the best weights where the recipe restores them, else the last good ones
  std::vector<Evaluation> history;
  Evaluation final;  // of `network`
  StopReason stop_reason = StopReason::completed;
  Diagnosis diagnosis;
  std::vector<std::string> warnings;
  std::size_t iterations = 0;
  double epochs = 0;
  double train_seconds = 0;
  double samples_per_second = 0;
};

// Everything that a resumed run needs to end with the same bits as one never interrupted.
struct Checkpoint;

// Callbacks and limits for the caller. Every member may be left empty.
struct TrainingHooks {
  // Called after each evaluation.
  std::function<void(const Evaluation&)> on_evaluation;
  // Called occasionally between steps, with the iteration reached and the total.
  std::function<void(std::size_t iteration, std::size_t total)> on_progress;
  // Asked between steps, every fraction of a second; true ends the run after the current iteration.
  std::function<bool()> interrupted;
  // The most steps between two calls of interrupted; 0: chosen automatically.
  std::size_t steps_at_once = 0;
  // Called when the run is interrupted, and at evaluations at least `checkpoint_seconds` apart.
  std::function<void(const Checkpoint&)> on_checkpoint;
  double checkpoint_seconds = 60;
};

// Makes the initial network of a run: features and classes from `train`, hidden widths,
// normalisation and initial parameters as the recipe says.
Network initial_network(const Recipe& recipe, const Dataset& train);

// Trains `start` (from initial_network, or loaded) on data.train. `resume` continues an
// interrupted run and takes precedence over the parameters of `start`. Throws Error when data and
// network do not fit. A run that diverges or gets stuck returns normally: see stop_reason.
TrainingResult train(const Recipe& recipe, const TrainingData& data, Network start,
                     const Device& device, const TrainingHooks& hooks = {},
                     const Checkpoint* resume = nullptr);

// Loss and accuracy of a network over a data set.
Score evaluate(const Network& network, const Dataset& data, const Device& device);

// Class probabilities, [count, outputs] row-major, of `pixels`, [count, features].
std::vector<float> predict(const Network& network, std::span<const std::uint8_t> pixels,
                           const Device& device);

}  // namespace kilat
