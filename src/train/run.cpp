#include "train/run.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include <kilat/error.h>

#include "session/devices.h"

namespace kilat {
namespace {

// The data sets to evaluate on beside the training data, as far as there are any.
std::vector<const Dataset*> others(const TrainingData& data) {
  std::vector<const Dataset*> sets;
  if (!data.validation.empty()) sets.push_back(&data.validation);
  if (!data.test.empty()) sets.push_back(&data.test);
  return sets;
}

}  // namespace

Run::Run(const Recipe& recipe, const TrainingData& data, Network start, const Device& device,
         const TrainingHooks& hooks)
    : recipe_(recipe),
      data_(data),
      hooks_(hooks),
      network_(std::move(start)),
      initial_(network_.parameters),
      length_(run_length(recipe, data.train.size())),
      rates_(learning_rates(recipe, length_)),
      trainer_(make_trainer(device, network_, {&data.train, others(data)}, recipe, rates_)),
      stopping_(recipe) {}

void Run::resume(const Checkpoint& checkpoint) {
  if (checkpoint.iteration > length_.iterations) {
    throw Error(fmt::format("the checkpoint is of iteration {}, the run has {}",
                            checkpoint.iteration, length_.iterations));
  }
  trainer_->set_state(checkpoint.state);
  trainer_->seek(checkpoint.iteration);
  stopping_.resume(checkpoint.stopping);
  Network drawn = network_;  // the initial weights are not in the checkpoint
  initialise(drawn, recipe_.init, recipe_.init_scale, recipe_.seed);
  initial_ = std::move(drawn.parameters);
  network_.parameters = checkpoint.network.parameters;
  kept_iteration_ = checkpoint.kept_iteration;
  history_ = checkpoint.history;
  iteration_ = first_iteration_ = checkpoint.iteration;
  train_seconds_ = earlier_seconds_ = checkpoint.train_seconds;
}

TrainingResult Run::finish() {
  TrainingResult result;
  result.stop_reason = train();
  result.final = final_evaluation();
  result.warnings = dead_unit_warnings(result.final);
  result.network = std::move(network_);
  result.history = std::move(history_);
  result.diagnosis = std::move(diagnosis_);
  result.iterations = iteration_;
  const auto per_epoch = static_cast<double>(length_.iterations_per_epoch);
  result.epochs = static_cast<double>(iteration_) / per_epoch;
  result.train_seconds = train_seconds_;
  const double epochs = static_cast<double>(iteration_ - first_iteration_) / per_epoch;
  const double seconds = train_seconds_ - earlier_seconds_;
  if (seconds > 0) {
    result.samples_per_second = epochs * static_cast<double>(data_.train.size()) / seconds;
  }
  return result;
}

// Evaluates the weights that the run ends with.
Evaluation Run::final_evaluation() {
  const auto kept = std::find_if(history_.rbegin(), history_.rend(), [&](const Evaluation& e) {
    return e.iteration == kept_iteration_;
  });
  if (kept != history_.rend()) return *kept;
  trainer_->set_state({network_.parameters, {}});
  return measure(kept_iteration_);
}

StopReason Run::train() {
  while (iteration_ < length_.iterations) {
    if (hooks_.interrupted && hooks_.interrupted()) return interrupt();
    const Stopwatch stopwatch;
    const std::size_t steps = steps_at_once();
    iteration_ += steps;
    const bool is_due = evaluation_is_due(iteration_);
    trainer_->steps(steps, is_due ? Then::evaluation : Then::nothing);
    const Cursor cursor = trainer_->cursor();  // waits for the device
    train_seconds_ += stopwatch.seconds();
    if (is_due) {
      if (const auto stop = evaluate(cursor)) return *stop;
      offer_checkpoint(false);
    }
    report_progress();
  }
  return StopReason::completed;
}

StopReason Run::interrupt() {
  const Cursor cursor = trainer_->cursor();
  if (cursor.fault != kNoFault) return diverge(cursor);
  const bool has_best = recipe_.restore_best && stopping_.state().best.has_value();
  if (!has_best) keep_weights();
  offer_checkpoint(true);
  return StopReason::interrupted;
}

// Steps to queue before the host checks for interruption again: those until the next evaluation,
// but at most what a slow device does in some tenths of a second.
std::size_t Run::steps_at_once() const {
  const std::size_t interval = evaluation_interval(recipe_, length_);
  const std::size_t until_evaluation =
      std::min(interval - iteration_ % interval, length_.iterations - iteration_);
  const std::size_t batch = data_.train.size() / length_.iterations_per_epoch;
  const std::size_t wanted = hooks_.steps_at_once != 0
                                 ? hooks_.steps_at_once
                                 : steps_in_short_time(network_.parameters.size(), batch);
  return std::min(wanted, until_evaluation);
}

bool Run::evaluation_is_due(std::size_t iteration) const {
  return iteration % evaluation_interval(recipe_, length_) == 0 || iteration == length_.iterations;
}

std::optional<StopReason> Run::evaluate(const Cursor& cursor) {
  if (cursor.fault != kNoFault) return diverge(cursor);
  const Evaluation e = measure(iteration_);
  if (!is_finite(e)) return diverge(cursor);
  history_.push_back(e);
  const EarlyStopping::Verdict verdict = stopping_.observe(e);
  if (!recipe_.restore_best || verdict.improved) keep_weights();
  if (hooks_.on_evaluation) hooks_.on_evaluation(e);
  if (is_stuck(history_)) {
    diagnosis_ = diagnose_stuck(recipe_, network_, symptoms(cursor));
    return StopReason::stuck;
  }
  return verdict.stop;
}

bool Run::is_finite(const Evaluation& e) const {
  return std::isfinite(e.train.loss) &&
         (data_.validation.empty() || std::isfinite(e.validation.loss)) &&
         (data_.test.empty() || std::isfinite(e.test.loss));
}

// Evaluates the weights on the device, which are those after `iteration` updates.
Evaluation Run::measure(std::size_t iteration) {
  Evaluation e;
  e.iteration = iteration;
  e.epoch = static_cast<double>(iteration) / static_cast<double>(length_.iterations_per_epoch);
  e.train = trainer_->evaluate(0, &e.dead);
  std::size_t next = 1;
  if (!data_.validation.empty()) e.validation = trainer_->evaluate(next++);
  if (!data_.test.empty()) e.test = trainer_->evaluate(next);
  if (iteration > 0) e.learning_rate = rates_[iteration - 1];
  e.train_seconds = train_seconds_;
  if (iteration % length_.iterations_per_epoch == 0) {
    Network now = network_;
    now.parameters = trainer_->state().parameters;
    e.weights_sha256 = weights_sha256(now);
  }
  return e;
}

void Run::keep_weights() {
  network_.parameters = trainer_->state().parameters;
  kept_iteration_ = iteration_;
}

Symptoms Run::symptoms(const Cursor& cursor) {
  Symptoms seen;
  seen.iteration = cursor.fault == kNoFault ? iteration_ : cursor.step + 1;
  seen.cursor = cursor;
  seen.non_finite = trainer_->find_non_finite();
  const Normalisation& n = network_.normalisation;
  seen.largest_input = std::max(std::abs(n.shift), std::abs(255 - n.shift)) * std::abs(n.scale);
  trainer_->set_state({initial_, {}});
  constexpr std::size_t kRows = 1000;
  seen.initial_logit = trainer_->largest_logit(kRows);
  seen.history = history_;
  return seen;
}

StopReason Run::diverge(const Cursor& cursor) {
  const Symptoms seen = symptoms(cursor);
  diagnosis_ = diagnose_divergence(recipe_, network_, seen);
  iteration_ = seen.iteration;
  return StopReason::diverged;
}

Checkpoint Run::checkpoint() {
  if (data_sha256_.empty()) data_sha256_ = sha256(data_.train);
  Checkpoint c;
  c.recipe = recipe_;
  c.network = network_;
  c.kept_iteration = kept_iteration_;
  c.state = trainer_->state();
  c.iteration = iteration_;
  c.stopping = stopping_.state();
  c.history = history_;
  c.train_seconds = train_seconds_;
  c.data_sha256 = data_sha256_;
  return c;
}

void Run::offer_checkpoint(bool now) {
  if (!hooks_.on_checkpoint) return;
  if (!now && since_checkpoint_.seconds() < hooks_.checkpoint_seconds) return;
  hooks_.on_checkpoint(checkpoint());
  since_checkpoint_.restart();
}

void Run::report_progress() {
  constexpr double kInterval = 0.05;
  if (!hooks_.on_progress || since_progress_.seconds() < kInterval) return;
  hooks_.on_progress(iteration_, length_.iterations);
  since_progress_.restart();
}

}  // namespace kilat
