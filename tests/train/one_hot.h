// Data that show which sample a step used: sample i has pixel i alone, so that only a step with
// this sample moves the weights of column i.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include <kilat/dataset.h>
#include <kilat/network.h>
#include <kilat/recipe.h>

#include "backend/reference/reference.h"
#include "session/devices.h"
#include "step/trainer.h"

namespace kilat {

inline Dataset one_hot(std::size_t samples) {
  Dataset data;
  data.name = "one-hot";
  data.shape = {samples};
  data.features = samples;
  data.pixels.resize(samples * samples);
  for (std::size_t i = 0; i < samples; ++i) {
    data.pixels[i * samples + i] = 255;
    data.labels.push_back(static_cast<std::uint8_t>(i % 2));
  }
  return data;
}

// One sample a step, without hidden layers, from weights near zero, on the pixels as they are; so
// slow that no answer is ever certain, and every step moves the weights.
inline Recipe one_hot_recipe(std::uint64_t seed) {
  Recipe r;
  r.normalise = Normalise::none;
  r.init = Init::normal;
  r.init_scale = 1e-6F;
  r.batch = 1;
  r.epochs = 10;
  r.learning_rate = 1e-6F;
  r.seed = seed;
  return r;
}

// The order in which an epoch takes the samples.
inline std::vector<std::uint32_t> order_of_epoch(std::size_t samples, std::uint64_t seed,
                                                 std::uint32_t epoch) {
  const Reference b;
  auto order = b.buffer<std::uint32_t>(samples);
  auto shuffling = b.shuffling(samples);
  b.shuffle(order, shuffling, seed, epoch);
  return {order.begin(), order.end()};
}

// Gives the samples with pixel `feature` an infinite logit: 255 · 3e38.
inline void poison(Network& network, std::size_t feature) {
  network.parameters[network.shapes().front().weight + feature] = 3e38F;
}

// A trainer with the same learning rate for as many steps as a test may take.
inline std::unique_ptr<Trainer> make_trainer(const Device& device, const Network& network,
                                             const SessionData& data, const Recipe& recipe) {
  const std::vector<float> rates(1000, recipe.learning_rate);
  return make_trainer(device, network, data, recipe, rates);
}

}  // namespace kilat
