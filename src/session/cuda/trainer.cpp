// Instantiates the training session for the CUDA backend.
#include "backend/cuda/cuda.h"
#include "backend/cuda/portable_cuda.h"
#include "kernels/check.h"
#include "session/cuda/library.h"
#include "session/cuda/resident_network.h"
#include "step/device_classifier.h"
#include "step/device_trainer.h"

namespace kilat {
namespace {

std::unique_ptr<Cuda> make_backend(const Device& device, Precision precision,
                                   FirstLayer first_layer) {
  return std::make_unique<Cuda>(CudaOptions{
      .device = device.index,
      .graph = device.graph,
      .sync = device.sync,
      .precision = precision,
      .exact_bytes = first_layer == FirstLayer::exact,
  });
}

}  // namespace

std::string resident_obstacle(const Device& device, const Network& network, std::size_t samples,
                              const Recipe& recipe) {
  KILAT_CUDA(cudaSetDevice(device.index));
  return resident_obstacle(resident_network(network, samples, recipe),
                           kernels::resident::figures(device.index));
}

std::unique_ptr<Trainer> make_cuda_trainer(const Device& device, const Network& network,
                                           const SessionData& data, const Recipe& recipe,
                                           std::span<const float> rates) {
  if (recipe.engine == Engine::resident) {
    auto backend = std::make_unique<PortableCuda>(
        CudaOptions{.device = device.index, .graph = device.graph, .sync = device.sync});
    backend->keep_resident(resident_network(network, data.train->size(), recipe));
    return std::make_unique<DeviceTrainer<PortableCuda>>(std::move(backend), network, data, recipe,
                                                         rates);
  }
  return std::make_unique<DeviceTrainer<Cuda>>(
      make_backend(device, recipe.precision, recipe.first_layer), network, data, recipe, rates);
}

std::unique_ptr<Classifier> make_cuda_classifier(const Device& device, const Network& network) {
  return std::make_unique<DeviceClassifier<Cuda>>(
      make_backend(device, Precision::fp32, FirstLayer::fp32), network);
}

}  // namespace kilat
