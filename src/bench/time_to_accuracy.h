// How long a recipe trains until it reaches a given accuracy.
#pragma once

#include <string>

#include <kilat/device.h>

#include "train/workload.h"

namespace kilat {

// Whose accuracy counts: "validation", or "test" where nothing is held out. Throws Error where
// there are neither.
std::string held_out_part(const TrainingData& data);

struct TimeToAccuracy {
  double wanted = 0;  // a fraction
  std::string part;   // "validation" or "test": whose accuracy
  bool reached = false;
  double accuracy = 0;       // at the evaluation that reached it, else the best one
  double epochs = 0;         // trained by then, or in all
  double train_seconds = 0;  // in training steps
  double total_seconds = 0;  // evaluations included
};

// Trains from the initial network by the recipe, its schedule and evaluations included, until an
// evaluation reaches `wanted` or the recipe ends. Throws Error (Failure::run) when the run
// diverges.
TimeToAccuracy time_to_accuracy(const Workload& work, const Device& device, double wanted);

}  // namespace kilat
