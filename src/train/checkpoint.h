// Everything that a resumed run needs to end with the same bits as one never interrupted.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include <kilat/network.h>
#include <kilat/recipe.h>
#include <kilat/train.h>

#include "step/trainer.h"
#include "train/early_stopping.h"

namespace kilat {

struct Checkpoint {
  Recipe recipe;
  Network network;                 // its parameters are those of the best or last good evaluation
  std::size_t kept_iteration = 0;  // of network's parameters
  TrainerState state;              // of the last update made
  std::size_t iteration = 0;
  EarlyStopping::State stopping;
  std::vector<Evaluation> history;
  double train_seconds = 0;
  std::string data_sha256;  // of the training data
};

// SHA-256 over features, pixels and labels.
std::string sha256(const Dataset& data);

// A safetensors file with the tensors parameters, kept and those of the optimizer's state
// (state_name), and the rest as metadata. Written completely or not at all.
void save_checkpoint(const Checkpoint& checkpoint, const std::filesystem::path& file);

// Throws Error for a file that is no checkpoint of Kilat's.
Checkpoint load_checkpoint(const std::filesystem::path& file);

}  // namespace kilat
