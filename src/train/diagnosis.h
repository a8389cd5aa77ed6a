// Explains why a run failed, in words that a student understands.
#pragma once

#include <string>
#include <vector>

#include <kilat/network.h>
#include <kilat/recipe.h>
#include <kilat/train.h>

#include "step/trainer.h"

namespace kilat {

// What was measured when the run went wrong.
struct Symptoms {
  std::size_t iteration = 0;  // the step that failed, counted from 1; or the last one made
  Cursor cursor;              // with the fault, if there was one
  NonFinite non_finite;       // of a repeated forward pass
  double largest_input = 0;   // magnitude of a normalised pixel, at most
  double initial_logit = 0;   // largest magnitude with the initial weights
  std::vector<Evaluation> history;
};

// Whether every unit of some hidden layer was dead in three consecutive evaluations while the
// training loss stayed within 0.1 %: no gradient reaches the layers below, and training stalls.
bool is_stuck(const std::vector<Evaluation>& history);

Diagnosis diagnose_divergence(const Recipe& recipe, const Network& network, const Symptoms& seen);
Diagnosis diagnose_stuck(const Recipe& recipe, const Network& network, const Symptoms& seen);

// A line for each hidden layer whose share of dead units is high, else nothing.
std::vector<std::string> dead_unit_warnings(const Evaluation& last);

}  // namespace kilat
