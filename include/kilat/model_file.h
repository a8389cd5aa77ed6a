// Model files: safetensors, readable by PyTorch's load_state_dict(load_file(path)).
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include <kilat/network.h>

namespace kilat {

// Facts about a model beside its weights: recipe, seed, version, … Kept as text.
using Metadata = std::map<std::string, std::string>;

struct Model {
  Network network;
  Metadata metadata;
};

// Writes `network` to `file`: complete, or not at all. The tensors are 0.weight, 0.bias, 2.weight,
// …, as nn.Sequential(Linear, activation, Linear, …) names them. Throws Error (Failure::run) when
// the disk is full, Error when the place cannot be written.
void save_model(const Network& network, const std::filesystem::path& file,
                const Metadata& metadata = {});

// Throws Error for a file that is not a model of this kind: every length, name, type and shape is
// checked before it is believed. Files written by PyTorch with the same names load too; what their
// metadata does not say is taken as: normalisation 1/255, classes 0, 1, 2, …
Model load_model(const std::filesystem::path& file);

}  // namespace kilat
