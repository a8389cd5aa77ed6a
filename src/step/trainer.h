// A training session on one device: data and parameters resident there, steps and evaluations.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <kilat/device.h>
#include <kilat/network.h>
#include <kilat/recipe.h>
#include <kilat/train.h>

#include "backend/types.h"

namespace kilat {

// The data of a session, which must outlive it.
struct SessionData {
  const Dataset* train = nullptr;
  std::vector<const Dataset*> others;  // to evaluate on, beside the training data
};

// A network's parameters and the optimizer's blocks of state, in the layout of Network::parameters.
struct TrainerState {
  std::vector<float> parameters;
  std::vector<std::vector<float>> optimizer;  // in the order of its rule; none: all are zero
};

// The first tensor of a forward pass that holds a non-finite number.
struct NonFinite {
  std::size_t layer = 0;
  std::string tensor;  // "weight", "activation", "logits", …; empty: all were finite
};

// What follows steps.
enum class Then { nothing, evaluation };

// The same interface for every device; DeviceTrainer<B> (device_trainer.h) implements it.
class Trainer {
 public:
  virtual ~Trainer() = default;

  // Makes the next step the one with this number, counted from 0.
  virtual void seek(std::size_t iteration) = 0;
  // Makes n updates, each with the next batch of its epoch's order; a short last batch counts as
  // one. May return before the device has finished them. Where evaluations follow, a device may
  // make them along with the steps.
  virtual void steps(std::size_t n, Then then) = 0;
  void steps(std::size_t n) { steps(n, Then::nothing); }
  void step() { steps(1); }
  // Makes n steps and returns the total seconds of each phase. Phases are not overlapped and steps
  // not replayed while they are timed, so the sum is larger than what steps(n) takes.
  virtual PhaseSeconds profile(std::size_t n) = 0;
  // Of the steps of the last profile(), if one kernel makes them and counts the clocks of its
  // parts.
  virtual PartClocks part_clocks() { return {}; }
  // Where the device stands: after a fault it stays at the step that failed.
  virtual Cursor cursor() = 0;

  // Loss and accuracy over the training data (0) or others[which − 1], and the dead share of each
  // hidden layer there.
  virtual Score evaluate(std::size_t which, std::vector<double>* dead = nullptr) = 0;
  // Repeats the forward pass of the step that cursor() stands at. The next step needs a seek.
  virtual NonFinite find_non_finite() = 0;
  // Largest magnitude of the logits for the first `rows` training samples.
  virtual double largest_logit(std::size_t rows) = 0;

  virtual TrainerState state() = 0;
  virtual void set_state(const TrainerState& state) = 0;
};

// Inference only.
class Classifier {
 public:
  virtual ~Classifier() = default;
  virtual Score evaluate(const Dataset& data) = 0;
  // [count, outputs] row-major
  virtual std::vector<float> probabilities(std::span<const std::uint8_t> pixels) = 0;
};

}  // namespace kilat
