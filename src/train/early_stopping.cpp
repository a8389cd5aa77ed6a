#include "train/early_stopping.h"

#include <cmath>

namespace kilat {
namespace {

bool is_accuracy(Monitor monitor) {
  return monitor == Monitor::train_accuracy || monitor == Monitor::validation_accuracy;
}

bool is_validation(Monitor monitor) {
  return monitor == Monitor::validation_loss || monitor == Monitor::validation_accuracy;
}

}  // namespace

EarlyStopping::EarlyStopping(const Recipe& recipe)
    : monitor_(recipe.monitor),
      sign_(is_accuracy(recipe.monitor) ? 1 : -1),
      patience_(recipe.patience),
      min_delta_(recipe.min_delta),
      drops_(recipe.drops) {}

double EarlyStopping::monitored(const Evaluation& evaluation) const {
  const bool has_validation = !std::isnan(evaluation.validation.accuracy);
  const Score& score =
      is_validation(monitor_) && has_validation ? evaluation.validation : evaluation.train;
  return is_accuracy(monitor_) ? score.accuracy : score.loss;
}

EarlyStopping::Verdict EarlyStopping::observe(const Evaluation& evaluation) {
  const double value = monitored(evaluation);
  Verdict verdict;
  if (std::isfinite(value) && (!state_.best || sign_ * (value - *state_.best) > min_delta_)) {
    verdict.improved = true;
    state_.best = value;
    state_.best_iteration = evaluation.iteration;
    state_.without_improvement = 0;
  } else {
    state_.without_improvement += 1;
  }
  const bool worse = state_.previous && sign_ * (value - *state_.previous) < 0;
  state_.drops = worse ? state_.drops + 1 : 0;
  state_.previous = value;

  if (patience_ != 0 && state_.without_improvement >= patience_) {
    verdict.stop = StopReason::patience;
  } else if (drops_ != 0 && state_.drops >= drops_) {
    verdict.stop = StopReason::drops;
  }
  return verdict;
}

}  // namespace kilat
