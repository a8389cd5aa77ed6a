// Model files: safetensors, readable by PyTorch's load_state_dict(load_file(path)).
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include <kilat/network.h>

namespace kilat {

// Text that is stored with a model beside its weights: recipe, seed, version, …
using Metadata = std::map<std::string, std::string>;

struct Model {
  Network network;
  Metadata metadata;
};

// Writes `network` to `file` atomically. The tensors are named 0.weight, 0.bias, 2.weight,
// …, as nn.Sequential(Linear, activation, Linear, …) names them. Throws Error (Failure::run) when
// the disk is full, Error when the place cannot be written.
void save_model(const Network& network, const std::filesystem::path& file,
                const Metadata& metadata = {});

// Reads such a file. Throws Error for any other: every length, name, type and shape is checked
// before it is used. Files written by PyTorch with the same names load too. Defaults for missing
// metadata are: normalisation 1/255, classes 0, 1, 2, …
Model load_model(const std::filesystem::path& file);

}  // namespace kilat
