// The CUDA backend as seen from the core: a shared library of its own, opened once a driver is
// found, so that a run on the CPU loads neither it nor cuBLAS.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include <kilat/device.h>

#include "step/trainer.h"

namespace kilat {

// What libkilat_cuda's one C function, kilat_cuda_library(), returns.
struct CudaLibrary {
  std::string version;  // of Kilat: the core's own
  int runtime_version = 0;
  std::vector<Gpu> (*list_gpus)() = nullptr;
  std::string (*resident_obstacle)(const Device& device, const Network& network,
                                   std::size_t samples, const Recipe& recipe) = nullptr;
  std::unique_ptr<Trainer> (*make_trainer)(const Device& device, const Network& network,
                                           const SessionData& data, const Recipe& recipe,
                                           std::span<const float> rates) = nullptr;
  std::unique_ptr<Classifier> (*make_classifier)(const Device& device,
                                                 const Network& network) = nullptr;
};

// Null when gpu_support() names an obstacle.
const CudaLibrary* cuda_library();

}  // namespace kilat
