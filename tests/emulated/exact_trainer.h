// A trainer on the emulated GPU that multiplies the first layer's bytes as they are.
#pragma once

#include "backend/cuda/cuda.h"
#include "step/device_trainer.h"
#include "train/agreement.h"

namespace kilat {

inline std::unique_ptr<Trainer> exact_trainer_of(const Recipe& recipe, const Dataset& data,
                                                 bool graph = true) {
  const auto rates = learning_rates(recipe, run_length(recipe, data.size()));
  return std::make_unique<DeviceTrainer<Cuda>>(
      std::make_unique<Cuda>(CudaOptions{.graph = graph, .exact_bytes = true}),
      initial_network(recipe, data), SessionData{&data, {&data}}, recipe, rates);
}

}  // namespace kilat
