// How far float may be from exact arithmetic, after a training step and in an evaluation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <kilat/dataset.h>
#include <kilat/network.h>
#include <kilat/recipe.h>

#include "step/trainer.h"
#include "verify/rounding.h"

namespace kilat {

// Of each number after the step, laid out as Network::parameters; 0 in the padding.
struct StepTolerance {
  std::vector<double> parameters;
  std::vector<std::vector<double>> optimizer;  // of each block of its state
};

// What a step starts from.
struct StepStart {
  const Network& network;                         // with the parameters before the step
  std::span<const std::vector<float>> optimizer;  // the blocks of its state
  const Dataset& data;
  std::span<const std::uint8_t> labels;  // [data.size()], output indices
  std::span<const std::uint32_t> batch;  // the samples of the step
  std::size_t step = 0;                  // its number, from 0
  const TrainerState* after = nullptr;   // the truth after it
};

// By `recipe`'s optimizer at its learning rate.
StepTolerance step_tolerance(const StepStart& start, const Recipe& recipe, Rounding rounding);

// Tolerances of a mean loss, and of the number of hits: samples whose hit rounding may change.
struct EvaluationTolerance {
  double loss = 0;
  std::size_t hits = 0;
};

EvaluationTolerance evaluation_tolerance(const Network& network, const Dataset& data,
                                         std::span<const std::uint8_t> labels, Rounding rounding);

}  // namespace kilat
