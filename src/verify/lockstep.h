// Runs two training sessions in lockstep, and compares each step of one with that of the other.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <kilat/dataset.h>

#include "step/trainer.h"
#include "train/workload.h"
#include "verify/comparison.h"
#include "verify/rounding.h"

namespace kilat {

struct LockstepResult {
  std::size_t steps = 0;
  std::vector<TensorComparison> tensors;
  EvaluationComparison evaluation;  // after the last step
  // The first step's first tensor out of tolerance, and its worst element there.
  struct Outlier {
    std::string tensor;
    std::size_t columns = 1;
    ComparedElement element;
  };
  std::optional<Outlier> first_out;

  bool within() const { return !first_out && evaluation.within(); }
};

// The sessions to compare. Both are new, of the same workload, and evaluate the same data as their
// first other set.
struct LockstepSessions {
  Trainer& tested;
  Trainer& truth;
  bool truth_is_exact = false;  // else its rounding errors are at most those of the tested session
  Rounding rounding;            // of the tested session
};

// Runs `steps` steps of both. Before every step both sessions get the state of the truth, rounded
// to float: so each step is compared on its own, and small differences do not grow. Throws Error
// (Failure::run) when the truth diverges.
LockstepResult run_in_lockstep(const LockstepSessions& sessions, const Workload& work,
                               const Dataset& evaluated, std::size_t steps);

}  // namespace kilat
