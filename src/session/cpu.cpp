// Instantiates the training session for the CPU backend.
#include "backend/cpu/cpu.h"

#include "backend/cpu/first_layer_choice.h"
#include "session/devices.h"
#include "step/device_classifier.h"
#include "step/device_trainer.h"

namespace kilat {
namespace {

FirstLayer first_layer_for(int threads, const Recipe& recipe, const Network& network,
                           const Dataset& train) {
  return quickest_first_layer(
      recipe.first_layer, {network.shapes().front(), batch_size(recipe, train.size()), train.pixels,
                           !recipe.augmentation.is_none(), threads});
}

}  // namespace

std::string cpu_first_layer_text(int threads, const Recipe& recipe, const Network& network,
                                 const Dataset& train) {
  const FirstLayer way = first_layer_for(threads, recipe, network, train);
  if (way == FirstLayer::whole) {
    return has_vnni() ? "whole numbers (AVX512-VNNI)" : "whole numbers (plain loops)";
  }
  const Bf16Units* units = first_layer_units({.first_layer = way});
  return units == nullptr ? "fp32" : std::string("exact (") + units->name + ")";
}

// Slices are added up by workers; oneDNN's order of additions, and a tile's, is that of a thread's
// part (docs/cpu.md).
bool cpu_bits_depend_on_threads(const Recipe& recipe, const Network& network,
                                const Dataset& train) {
  const bool is_one_slice = batch_size(recipe, train.size()) < Cpu::kLargeBatch;
  const bool is_own = network.layers.size() <= 2 && network.outputs() <= UnitBlocks::kMost;
  return !is_one_slice || !is_own ||
         first_layer_units({.first_layer = recipe.first_layer}) != nullptr;
}

std::unique_ptr<Trainer> make_cpu_trainer(int threads, const Network& network,
                                          const SessionData& data, const Recipe& recipe,
                                          std::span<const float> rates) {
  return std::make_unique<DeviceTrainer<Cpu>>(
      std::make_unique<Cpu>(
          CpuOptions{.threads = threads,
                     .first_layer = first_layer_for(threads, recipe, network, *data.train)}),
      network, data, recipe, rates);
}

std::unique_ptr<Classifier> make_cpu_classifier(int threads, const Network& network) {
  return std::make_unique<DeviceClassifier<Cpu>>(std::make_unique<Cpu>(threads), network);
}

}  // namespace kilat
