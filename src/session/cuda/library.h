// The functions of libkilat_cuda, for its entry point in library.cpp.
#pragma once

#include <memory>
#include <span>
#include <string>

#include <kilat/device.h>

#include "step/trainer.h"

namespace kilat {

// Why the resident engine does not take the run; empty: it does.
std::string resident_obstacle(const Device& device, const Network& network, std::size_t samples,
                              const Recipe& recipe);
std::unique_ptr<Trainer> make_cuda_trainer(const Device& device, const Network& network,
                                           const SessionData& data, const Recipe& recipe,
                                           std::span<const float> rates);
std::unique_ptr<Classifier> make_cuda_classifier(const Device& device, const Network& network);

}  // namespace kilat
