#include "train/run.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "train/diagnosis.h"
#include "train/recipe_fields.h"

namespace kilat {
namespace {

// The data sets evaluated, in this order, as far as there are any.
std::vector<const Dataset*> evaluated_sets(const TrainingData& data) {
  std::vector<const Dataset*> sets = {&data.train};
  if (!data.validation.empty()) sets.push_back(&data.validation);
  if (!data.test.empty()) sets.push_back(&data.test);
  return sets;
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

Run::Run(const Recipe& recipe, const TrainingData& data, Network start, const Device& device,
         const TrainingHooks& hooks)
    : recipe_(recipe),
      data_(data),
      hooks_(hooks),
      network_(std::move(start)),
      length_(run_length(recipe, data.train.size())),
      rates_(learning_rates(recipe, length_)),
      trainer_(make_trainer(device, network_, {&data.train, evaluated_sets(data)}, recipe, rates_)),
      stopping_(recipe) {}

void Run::resume(const Checkpoint& checkpoint) {
  trainer_->set_state(checkpoint.state);
  trainer_->seek(checkpoint.iteration);
  stopping_.resume(checkpoint.stopping);
  network_.parameters = checkpoint.network.parameters;
  weights_are_kept_ = false;
  history_ = checkpoint.history;
  iteration_ = first_iteration_ = checkpoint.iteration;
  train_seconds_ = earlier_seconds_ = checkpoint.train_seconds;
}

TrainingResult Run::finish() {
  TrainingResult result;
  result.stop_reason = train();
  const bool failed =
      result.stop_reason == StopReason::diverged || result.stop_reason == StopReason::stuck;
  const bool has_best = recipe_.restore_best && stopping_.state().best.has_value();
  if (!failed && !has_best) keep_weights();
  if (!weights_are_kept_) {
    trainer_->set_state({network_.parameters, std::vector<float>(network_.parameters.size())});
  }
  const bool measured =
      !history_.empty() && history_.back().iteration == iteration_ && weights_are_kept_ && !failed;
  result.final = measured ? history_.back() : measure();
  result.warnings = dead_unit_warnings(result.final);
  result.network = std::move(network_);
  result.history = std::move(history_);
  result.diagnosis = std::move(diagnosis_);
  result.iterations = iteration_;
  result.epochs =
      static_cast<double>(iteration_) / static_cast<double>(length_.iterations_per_epoch);
  result.train_seconds = train_seconds_;
  const double samples = static_cast<double>(iteration_ - first_iteration_) /
                         static_cast<double>(length_.iterations_per_epoch) *
                         static_cast<double>(data_.train.size());
  const double seconds = train_seconds_ - earlier_seconds_;
  result.samples_per_second = seconds > 0 ? samples / seconds : 0;
  return result;
}

StopReason Run::train() {
  while (iteration_ < length_.iterations) {
    if (hooks_.interrupted && hooks_.interrupted()) {
      offer_checkpoint(true);
      return StopReason::interrupted;
    }
    const auto start = Clock::now();
    trainer_->step();
    weights_are_kept_ = false;
    ++iteration_;
    const bool due = evaluation_is_due();
    if (due) trainer_->cursor();  // waits for the device
    train_seconds_ += seconds_since(start);
    if (due) {
      if (const auto stop = evaluate()) return *stop;
      offer_checkpoint(false);
    }
    report_progress();
  }
  return StopReason::completed;
}

bool Run::evaluation_is_due() const {
  const std::size_t every = recipe_.eval_iterations != 0
                                ? recipe_.eval_iterations
                                : recipe_.eval_epochs * length_.iterations_per_epoch;
  return iteration_ % every == 0 || iteration_ == length_.iterations;
}

std::optional<StopReason> Run::evaluate() {
  const Cursor cursor = trainer_->cursor();
  if (cursor.fault != kNoFault) return diverge(cursor);
  history_.push_back(measure());
  const Evaluation& e = history_.back();
  const auto infinite = [](const Score& s) { return std::isinf(s.loss); };
  if (!std::isfinite(e.train.loss) || infinite(e.validation) || infinite(e.test)) {
    return diverge(cursor);
  }
  const EarlyStopping::Verdict verdict = stopping_.observe(e);
  if (!recipe_.restore_best || verdict.improved) keep_weights();
  if (hooks_.on_evaluation) hooks_.on_evaluation(e);
  if (is_stuck(history_)) {
    diagnosis_ = diagnose_stuck(recipe_, network_, symptoms(cursor));
    return StopReason::stuck;
  }
  return verdict.stop;
}

Evaluation Run::measure() {
  Evaluation e;
  e.iteration = iteration_;
  e.epoch = static_cast<double>(iteration_) / static_cast<double>(length_.iterations_per_epoch);
  e.train = trainer_->evaluate(0, &e.dead);
  std::size_t next = 1;
  if (!data_.validation.empty()) e.validation = trainer_->evaluate(next++);
  if (!data_.test.empty()) e.test = trainer_->evaluate(next);
  if (iteration_ > 0) e.learning_rate = rates_[iteration_ - 1];
  e.train_seconds = train_seconds_;
  if (iteration_ % length_.iterations_per_epoch == 0) {
    Network now = network_;
    now.parameters = trainer_->state().parameters;
    e.weights_sha256 = weights_sha256(now);
  }
  return e;
}

void Run::keep_weights() {
  if (weights_are_kept_) return;
  network_.parameters = trainer_->state().parameters;
  weights_are_kept_ = true;
}

Symptoms Run::symptoms(const Cursor& cursor) {
  Symptoms seen;
  seen.iteration = cursor.fault == kNoFault ? iteration_ : cursor.step + 1;
  seen.cursor = cursor;
  seen.non_finite = trainer_->find_non_finite();
  const Normalisation& n = network_.normalisation;
  seen.largest_input = std::max(std::abs(n.shift), std::abs(255 - n.shift)) * std::abs(n.scale);
  Network initial = network_;
  initialise(initial, recipe_.init, recipe_.init_scale, recipe_.seed);
  trainer_->set_state({initial.parameters, std::vector<float>(initial.parameters.size())});
  constexpr std::size_t kRows = 1000;
  seen.initial_logit = trainer_->largest_logit(kRows);
  weights_are_kept_ = false;
  seen.history = history_;
  return seen;
}

StopReason Run::diverge(const Cursor& cursor) {
  const Symptoms seen = symptoms(cursor);
  diagnosis_ = diagnose_divergence(recipe_, network_, seen);
  iteration_ = std::min<std::size_t>(iteration_, seen.iteration);
  return StopReason::diverged;
}

Checkpoint Run::checkpoint() {
  Checkpoint c;
  c.recipe = recipe_;
  c.network = network_;
  c.state = trainer_->state();
  if (!recipe_.restore_best) c.network.parameters = c.state.parameters;
  c.iteration = iteration_;
  c.stopping = stopping_.state();
  c.history = history_;
  c.train_seconds = train_seconds_;
  c.data_sha256 = sha256(data_.train);
  return c;
}

void Run::offer_checkpoint(bool now) {
  if (!hooks_.on_checkpoint) return;
  if (!now && seconds_since(last_checkpoint_) < hooks_.checkpoint_seconds) return;
  hooks_.on_checkpoint(checkpoint());
  last_checkpoint_ = Clock::now();
}

void Run::report_progress() {
  constexpr double kInterval = 0.05;
  if (!hooks_.on_progress || seconds_since(last_progress_) < kInterval) return;
  hooks_.on_progress(iteration_, length_.iterations);
  last_progress_ = Clock::now();
}

}  // namespace kilat
