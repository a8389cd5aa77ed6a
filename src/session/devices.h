// Makes the training session for a device.
#pragma once

#include <memory>
#include <span>
#include <string>

#include <kilat/device.h>
#include <kilat/recipe.h>

#include "step/trainer.h"

namespace kilat {

// `rates`: the learning rate of each iteration of the run. Throws Error.
std::unique_ptr<Trainer> make_trainer(const Device& device, const Network& network,
                                      const SessionData& data, const Recipe& recipe,
                                      std::span<const float> rates);
std::unique_ptr<Classifier> make_classifier(const Device& device, const Network& network);

// Decides Engine::automatic on a GPU: the recipe's becomes resident where that engine takes the
// run; otherwise it stays, which is composed, and device.engine_reason says why.
void choose_engine(Device& device, Recipe& recipe, const Network& network, std::size_t samples);

// How the device computes the first layer's products, in words: "fp32", "exact (AMX)". Throws Error
// if it does not support what the recipe asks for.
std::string first_layer_text(const Device& device, const Recipe& recipe, const Network& network,
                             const Dataset& train);
// Whether another number of threads may give other bits.
bool bits_depend_on_threads(const Device& device, const Recipe& recipe, const Network& network,
                            const Dataset& train);
bool cpu_bits_depend_on_threads(const Recipe& recipe, const Network& network, const Dataset& train);
// What makes the steps on a GPU, in words: "composed (10 hidden layers, at most 8)",
// "resident, arithmetic 1"; nothing elsewhere.
// Throws Error where the engine does not go with the device or with the recipe's other options.
std::string engine_text(const Device& device, const Recipe& recipe);
std::string cpu_first_layer_text(int threads, const Recipe& recipe, const Network& network,
                                 const Dataset& train);

std::unique_ptr<Trainer> make_cpu_trainer(int threads, const Network& network,
                                          const SessionData& data, const Recipe& recipe,
                                          std::span<const float> rates);
std::unique_ptr<Classifier> make_cpu_classifier(int threads, const Network& network);

std::unique_ptr<Trainer> make_reference_trainer(int threads, const Network& network,
                                                const SessionData& data, const Recipe& recipe,
                                                std::span<const float> rates);
std::unique_ptr<Classifier> make_reference_classifier(int threads, const Network& network);

std::unique_ptr<Trainer> make_portable_trainer(int threads, const Network& network,
                                               const SessionData& data, const Recipe& recipe,
                                               std::span<const float> rates);
std::unique_ptr<Classifier> make_portable_classifier(int threads, const Network& network);

}  // namespace kilat
