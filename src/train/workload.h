// A network and its data, for commands that time or verify training steps without a whole run.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <kilat/device.h>
#include <kilat/network.h>
#include <kilat/recipe.h>
#include <kilat/train.h>

#include "step/trainer.h"

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

// The recipe's data from `folder`, and its network with initial weights. Throws Error.
Workload load_workload(const Recipe& recipe, const std::filesystem::path& folder);

// The recipe with the precision and engine that `device` supports: fp32 and none unless it is a
// GPU.
Recipe recipe_for(const Device& device, const Recipe& recipe);
// Decides Engine::automatic for the recipe, if the device is a GPU.
void choose_engine(Device& device, Workload& work);
// What makes its steps there, in words; nothing unless it is a GPU.
std::string engine_text(const Device& device, const Workload& work);

// A session for `steps` steps at the recipe's learning rate, without schedule. `others` are to be
// evaluated beside the training data.
std::unique_ptr<Trainer> make_session(const Workload& work, const Device& device, std::size_t steps,
                                      const std::vector<const Dataset*>& others);

}  // namespace kilat
