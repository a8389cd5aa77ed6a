// Instantiates the training session for the CPU backend.
#include "backend/cpu/cpu.h"

#include "session/devices.h"
#include "step/device_classifier.h"
#include "step/device_trainer.h"

namespace kilat {

std::string cpu_first_layer_text(FirstLayer wanted) {
  const Bf16Units* units = first_layer_units({.first_layer = wanted});
  return units == nullptr ? "fp32" : std::string("exact (") + units->name + ")";
}

std::unique_ptr<Trainer> make_cpu_trainer(int threads, const Network& network,
                                          const SessionData& data, const Recipe& recipe,
                                          std::span<const float> rates) {
  return std::make_unique<DeviceTrainer<Cpu>>(
      std::make_unique<Cpu>(CpuOptions{.threads = threads, .first_layer = recipe.first_layer}),
      network, data, recipe, rates);
}

std::unique_ptr<Classifier> make_cpu_classifier(int threads, const Network& network) {
  return std::make_unique<DeviceClassifier<Cpu>>(std::make_unique<Cpu>(threads), network);
}

}  // namespace kilat
