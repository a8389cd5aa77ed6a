// When to stop early, and which evaluation was the best.
#pragma once

#include <cstddef>
#include <optional>

#include <kilat/recipe.h>
#include <kilat/train.h>

namespace kilat {

// Two rules on one monitored value, each off when its count is 0:
//   patience  as Keras's EarlyStopping: stop after this many evaluations in a row without an
//             improvement by more than min_delta over the best; a value that is not finite never
//             counts as one
//   drops     the student report's rule: stop when the value was worse than in the evaluation
//   before,
//             this many times in a row; an equal value restarts the count
class EarlyStopping {
 public:
  // What a resumed run needs to decide as an uninterrupted one would.
  struct State {
    std::optional<double> best;
    std::size_t best_iteration = 0;
    std::size_t without_improvement = 0;
    std::optional<double> previous;
    std::size_t drops = 0;
  };
  struct Verdict {
    bool improved = false;  // this evaluation is the best so far
    std::optional<StopReason> stop;
  };

  explicit EarlyStopping(const Recipe& recipe);

  // Takes the next evaluation into account. Without the monitored data (no validation set), the
  // training data's value of the same kind is monitored.
  Verdict observe(const Evaluation& evaluation);

  const State& state() const { return state_; }
  void resume(const State& state) { state_ = state; }

 private:
  double monitored(const Evaluation& evaluation) const;

  Monitor monitor_;
  double sign_;  // +1 where larger is better
  std::size_t patience_;
  double min_delta_;
  std::size_t drops_;
  State state_;
};

}  // namespace kilat
