// Training steps by one kernel that keeps the network in shared memory (kernels/resident).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <kilat/activation.h>
#include <kilat/dataset.h>
#include <kilat/network.h>

#include "backend/cuda/device_buffer.h"
#include "backend/optimizer.h"
#include "kernels/resident/deep.h"
#include "kernels/resident/evaluate.h"
#include "kernels/resident/full_batch.h"

namespace kilat {

// What is trained.
struct ResidentNetwork {
  std::vector<LinearShape> layers;
  Activation activation;
  Normalisation normalisation;
  std::size_t batch, samples;
  Rule rule;
};

class ResidentEngine {
 public:
  // Throws Error if the network does not fit the device, with the reason.
  ResidentEngine(const kernels::resident::Figures& device, cudaStream_t stream,
                 const ResidentNetwork& network);

  // Launches `run`, whose shape, layout and exchange it fills in. Full batches alone may end with
  // an evaluation.
  void launch(kernels::resident::Run run, const kernels::resident::Evaluation& evaluation);
  // Whether batches are the whole set, so that a launch may go on from epoch to epoch.
  bool takes_full_batches() const { return shape_.row_blocks > 0; }

  // Whether logits() is there: of one hidden layer.
  bool evaluates() const { return shape_.grid == 0; }
  // Rows of a set whose logits are made at once.
  static constexpr std::size_t kRowsAtOnce = 8192;
  // The logits of rows [first, run.size), kRowsAtOnce at most, before their bias; the caller may
  // change them. Marks in `active`, unless it is null, the units that fire. Of `run`, images and
  // parameters are given.
  float* logits(kernels::resident::Run run, std::size_t first, std::uint8_t* active);
  std::size_t outputs() const { return shape_.outputs; }
  const float* output_bias(const float* parameters) const {
    return parameters + network_.layers.back().bias;
  }

 private:
  void make_room();
  void make_room_for_layers();
  void launch_deep(const kernels::resident::Run& run);
  void describe(kernels::resident::Run& run, const kernels::resident::Shape& shape) const;

  ResidentNetwork network_;
  cudaStream_t stream_;
  kernels::resident::Shape shape_, evaluation_shape_;
  unsigned groups_ = 0;  // of blocks that evaluate
  DeviceBuffer<kernels::resident::Progress> progress_;
  DeviceBuffer<std::uint64_t> parts_, gradients_;
  DeviceBuffer<long long> totals_, sums_;  // of full batches
  DeviceBuffer<float> small_;
  DeviceBuffer<unsigned> largest_;
  DeviceBuffer<float> logits_parts_, logits_;
  // Of a deep network's layers, the last one of them without activations.
  std::vector<DeviceBuffer<float>> activations_, layer_gradients_;
  DeviceBuffer<std::uint64_t> arrivals_;
  std::uint32_t tag_ = 1;  // the buffers begin with 0
};

}  // namespace kilat
