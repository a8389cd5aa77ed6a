// Training steps by one kernel that keeps the network in shared memory (kernels/resident).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "backend/cuda/device_buffer.h"
#include "backend/cuda/resident_shape.h"
#include "backend/types.h"
#include "kernels/resident/full_batch.h"

namespace kilat {

class ResidentEngine {
 public:
  ResidentEngine(cudaStream_t stream, const ResidentNetwork& network,
                 const kernels::resident::Shape& shape);

  // Launches `run`, whose shape, layout and exchange it fills in. Full batches alone may end with
  // an evaluation.
  void launch(kernels::resident::Run run, const kernels::resident::Evaluation& evaluation);
  // From now on, launches count the clocks of the parts of their steps; stop_clocks() ends that,
  // and waits for the device.
  void start_clocks();
  PartClocks stop_clocks();
  // Whether batches are the whole set, so that a launch may go on from epoch to epoch.
  bool takes_full_batches() const { return shape_.is_full_batch(); }

 private:
  void make_room();
  void make_room_for_layers();
  void launch_deep(const kernels::resident::Run& run);

  const ResidentNetwork& network_;
  cudaStream_t stream_;
  kernels::resident::Shape shape_;
  DeviceBuffer<kernels::resident::Progress> progress_;
  DeviceBuffer<std::uint64_t> parts_, gradients_;
  DeviceBuffer<long long> totals_, sums_;  // of full batches
  DeviceBuffer<float> small_;
  DeviceBuffer<unsigned> largest_;
  // Of a deep network's layers, the last one of them without activations.
  std::vector<DeviceBuffer<float>> activations_, layer_gradients_;
  DeviceBuffer<std::uint64_t> arrivals_;
  DeviceBuffer<long long> clocks_;
  bool counts_clocks_ = false;
  std::uint32_t tag_ = 1;  // the buffers begin with 0
};

}  // namespace kilat
