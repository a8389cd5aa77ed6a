// Small networks and data for the tests of training.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include <kilat/dataset.h>
#include <kilat/network.h>
#include <kilat/recipe.h>
#include <kilat/train.h>

#include "tested.h"

namespace kilat {

// `classes` kinds of images of `features` pixels: a bright stripe whose place is the class, under
// noise. Learnable, but not at once.
inline Dataset stripes(std::size_t size, std::size_t features, std::size_t classes, unsigned seed) {
  std::mt19937 random(seed);
  Dataset data;
  data.name = "stripes";
  data.shape = {features};
  if (features % 4 == 0) data.shape = {4, features / 4};
  data.features = features;
  for (std::size_t i = 0; i < size; ++i) {
    const std::size_t label = i % classes;
    for (std::size_t f = 0; f < features; ++f) {
      const bool bright = f * classes / features == label;
      data.pixels.push_back(static_cast<std::uint8_t>(random() % 120 + (bright ? 80 : 0)));
    }
    data.labels.push_back(static_cast<std::uint8_t>(label));
  }
  return data;
}

// A short run on such data with mini-batches.
inline Recipe tiny_recipe() {
  Recipe r;
  r.name = "tiny";
  r.hidden = {12};
  r.batch = 16;
  r.epochs = 4;
  r.learning_rate = 0.1F;
  r.seed = 3;
  return r;
}

inline TrainingData tiny_data() {
  return {stripes(200, 20, 4, 1), stripes(60, 20, 4, 2), stripes(80, 20, 4, 3)};
}

inline TrainingResult train_tiny(const Recipe& recipe, const TrainingData& data,
                                 const Device& device = tested_device(1),
                                 const TrainingHooks& hooks = {},
                                 const Checkpoint* resume = nullptr) {
  return train(recipe, data, initial_network(recipe, data.train), device, hooks, resume);
}

}  // namespace kilat
