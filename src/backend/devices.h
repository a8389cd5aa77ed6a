// The sessions of each device, for the factory in devices.cpp.
#pragma once

#include <memory>
#include <span>

#include "train/trainer.h"

namespace kilat {

std::unique_ptr<Trainer> make_cpu_trainer(int threads, const Network& network,
                                          const SessionData& data, const Recipe& recipe,
                                          std::span<const float> rates);
std::unique_ptr<Classifier> make_cpu_classifier(int threads, const Network& network);

std::unique_ptr<Trainer> make_reference_trainer(int threads, const Network& network,
                                                const SessionData& data, const Recipe& recipe,
                                                std::span<const float> rates);
std::unique_ptr<Classifier> make_reference_classifier(int threads, const Network& network);

}  // namespace kilat
