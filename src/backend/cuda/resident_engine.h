// Training steps by one kernel that keeps the network in shared memory (kernels/resident).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <kilat/activation.h>
#include <kilat/dataset.h>

#include "backend/cuda/device_buffer.h"
#include "backend/optimizer.h"
#include "kernels/resident/resident.h"

namespace kilat {

// What is trained.
struct ResidentNetwork {
  std::vector<std::size_t> widths;  // features, hidden units, outputs
  kernels::resident::Offsets offsets;
  Activation activation;
  Normalisation normalisation;
  std::size_t batch;
  Rule rule;
};

class ResidentEngine {
 public:
  // Throws Error if the network does not fit the device, with the reason.
  ResidentEngine(const kernels::resident::Figures& device, cudaStream_t stream,
                 const ResidentNetwork& network);

  // Launches `run`, whose shape, layout and exchange it fills in.
  void launch(kernels::resident::Run run);

 private:
  ResidentNetwork network_;
  cudaStream_t stream_;
  kernels::resident::Shape shape_;
  DeviceBuffer<kernels::resident::Progress> progress_;
  DeviceBuffer<std::uint64_t> parts_, gradients_;
  std::uint32_t tag_ = 1;  // the buffers begin with 0
};

}  // namespace kilat
