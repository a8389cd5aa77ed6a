// The functions of libkilat_cuda, for its entry point in library.cpp.
#pragma once

#include <memory>
#include <span>

#include <kilat/device.h>

#include "step/trainer.h"

namespace kilat {

std::unique_ptr<Trainer> make_cuda_trainer(const Device& device, const Network& network,
                                           const SessionData& data, const Recipe& recipe,
                                           std::span<const float> rates);
std::unique_ptr<Classifier> make_cuda_classifier(const Device& device, const Network& network);

}  // namespace kilat
