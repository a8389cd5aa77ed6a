// The resident engine's forward pass over a whole set, in launches of its own.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "backend/cuda/device_buffer.h"
#include "backend/cuda/resident_shape.h"

namespace kilat {

class ResidentEvaluation {
 public:
  // Of a network that is trained with the shape `trained`.
  ResidentEvaluation(const kernels::resident::Figures& device, cudaStream_t stream,
                     const ResidentNetwork& network, const kernels::resident::Shape& trained);

  // Rows of a set whose logits are made at once.
  std::size_t rows_at_once() const;
  // The logits of rows [first, run.size), rows_at_once() at most; the caller may change them. Marks
  // in active[l], unless it is empty, the units of hidden layer l that fire. Of `run`, images and
  // parameters are given.
  float* logits(const kernels::resident::Run& run, std::size_t first,
                std::span<const std::span<std::uint8_t>> active);

 private:
  void launch_one_hidden(const kernels::resident::Run& run, std::size_t first,
                         std::span<std::uint8_t> active);
  // Returns the logits.
  float* launch_layers(kernels::resident::Run run, std::size_t first,
                       std::span<const std::span<std::uint8_t>> active);

  const ResidentNetwork& network_;
  cudaStream_t stream_;
  kernels::resident::Shape shape_;
  unsigned groups_;  // of blocks, each of which has the first layer and a share of the rows
  DeviceBuffer<float> parts_, logits_;
  std::array<DeviceBuffer<float>, 2> activations_;  // of a layer and of the next
};

}  // namespace kilat
