// What libkilat_cuda is made of, for its entry in library.cpp.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include <kilat/device.h>

#include "train/trainer.h"

namespace kilat {

std::unique_ptr<Trainer> make_cuda_trainer(const Device& device, const Network& network,
                                           const SessionData& data, const Recipe& recipe,
                                           std::span<const float> rates);
std::unique_ptr<Classifier> make_cuda_classifier(const Device& device, const Network& network);

// All GPUs that CUDA lists, usable or not.
std::vector<Gpu> list_gpus();

}  // namespace kilat
