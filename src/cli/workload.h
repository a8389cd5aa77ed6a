// What `kilat verify` and `kilat bench` train: a recipe's network on its data, but no run of it.
#pragma once

#include <CLI/CLI.hpp>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include <kilat/device.h>
#include <kilat/network.h>
#include <kilat/recipe.h>
#include <kilat/train.h>

#include "cli/given_options.h"
#include "train/trainer.h"

namespace kilat {

struct Workload {
  Recipe recipe;
  TrainingData data;
  Network network;  // the initial one

  std::size_t batch() const;            // in samples, at most all of them
  std::size_t steps_per_epoch() const;  // the short last batch included
  // "784-512-10 on 54000 samples, batch 128"
  std::string text() const;
};

// The options of a recipe that decide what a step computes, and where the data are.
class WorkloadOptions {
 public:
  explicit WorkloadOptions(CLI::App& command);

  bool gives(const std::string& name) const { return given_.texts().contains(name); }

  // The recipe as the options have it. Throws Error.
  Recipe recipe() const;

  // Its data, and its network with initial weights. Throws Error.
  Workload load() const;

 private:
  GivenOptions given_;
  std::string data_;
};

// The recipe as `device` can train it: --precision is a matter of GPUs, elsewhere it is fp32.
Recipe recipe_for(const Device& device, const Recipe& recipe);

// "cpu: …", on two lines where one would be longer than 80 columns.
std::string device_text(const Device& device);

// A session for `steps` steps at the recipe's learning rate, without schedule. `others` are to be
// evaluated beside the training data.
std::unique_ptr<Trainer> make_session(const Workload& work, const Device& device, std::size_t steps,
                                      const std::vector<const Dataset*>& others);

}  // namespace kilat
