#include "backend/cuda/resident_engine.h"

#include <array>

#include "kernels/resident/deep.h"

namespace kilat {

ResidentEngine::ResidentEngine(cudaStream_t stream, const ResidentNetwork& network,
                               const kernels::resident::Shape& shape)
    : network_(network), stream_(stream), shape_(shape), progress_(1, stream) {
  const kernels::resident::Progress at_rest;
  KILAT_CUDA(
      cudaMemcpyAsync(progress_.data(), &at_rest, sizeof at_rest, cudaMemcpyHostToDevice, stream));
  KILAT_CUDA(cudaStreamSynchronize(stream));
  make_room();
}

void ResidentEngine::make_room() {
  if (shape_.is_deep()) {
    make_room_for_layers();
    return;
  }
  if (takes_full_batches()) {
    const std::size_t blocks = shape_.row_blocks, units = shape_.units;
    totals_ = DeviceBuffer<long long>(blocks * units * shape_.features, stream_);
    sums_ = DeviceBuffer<long long>(blocks * units, stream_);
    small_ = DeviceBuffer<float>(blocks * kernels::resident::small_count(shape_), stream_);
    largest_ = DeviceBuffer<unsigned>(2 * units, stream_);
    return;
  }
  if (shape_.cluster) return;
  const std::size_t words = std::size_t{2} * shape_.capacity() * shape_.outputs;
  parts_ = DeviceBuffer<std::uint64_t>(words * shape_.blocks(), stream_);
  gradients_ = DeviceBuffer<std::uint64_t>(words, stream_);
}

void ResidentEngine::make_room_for_layers() {
  for (std::size_t l = 0; l < network_.layers.size(); ++l) {
    const std::size_t numbers = std::size_t{shape_.batch} * network_.layers[l].out;
    const bool is_output = l > 0 && l + 1 == network_.layers.size();
    activations_.emplace_back(is_output ? 0 : (l == 0 ? 2 : 1) * numbers, stream_);
    layer_gradients_.emplace_back(numbers, stream_);
  }
  arrivals_ = DeviceBuffer<std::uint64_t>(std::size_t{2} * shape_.grid, stream_);
}

void ResidentEngine::launch(kernels::resident::Run run,
                            const kernels::resident::Evaluation& evaluation) {
  run = with_shape(run, network_, shape_);
  run.progress = progress_.data();
  run.clocks = counts_clocks_ ? clocks_.data() : nullptr;
  run.parts = parts_.data();
  run.gradients = gradients_.data();
  if (takes_full_batches()) {
    kernels::resident::launch(
        stream_, {run, evaluation, totals_.data(), sums_.data(), small_.data(), largest_.data()});
    return;
  }
  run.tag = tag_;
  const bool is_deep = shape_.is_deep();
  if (is_deep) {
    launch_deep(run);
  } else {
    kernels::resident::launch(stream_, run);
  }
  const std::size_t tags = is_deep ? kernels::resident::meetings(network_.layers.size() - 1) : 1;
  tag_ += static_cast<std::uint32_t>(run.steps * tags);
}

void ResidentEngine::start_clocks() {
  clocks_ = DeviceBuffer<long long>(kernels::resident::kStepParts, stream_);
  counts_clocks_ = true;
}

PartClocks ResidentEngine::stop_clocks() {
  counts_clocks_ = false;
  std::array<long long, kernels::resident::kStepParts> clocks = {};
  KILAT_CUDA(cudaMemcpyAsync(clocks.data(), clocks_.data(), sizeof clocks, cudaMemcpyDeviceToHost,
                             stream_));
  KILAT_CUDA(cudaStreamSynchronize(stream_));
  PartClocks parts;
  for (std::size_t i = 0; i < clocks.size(); ++i) {
    if (clocks[i] > 0) parts.emplace_back(kernels::resident::kPartNames[i], clocks[i]);
  }
  return parts;
}

void ResidentEngine::launch_deep(const kernels::resident::Run& run) {
  kernels::resident::DeepRun deep = {};
  deep.run = run;
  deep.further = network_.layers.size() - 1;
  for (std::size_t l = 0; l < deep.further; ++l) {
    const LinearShape& layer = network_.layers[l + 1];
    deep.layer[l] = {layer.in,
                     layer.out,
                     layer.weight,
                     layer.bias,
                     activations_[l + 1].data(),
                     layer_gradients_[l + 1].data()};
  }
  deep.activations = activations_[0].data();
  deep.gradients = layer_gradients_[0].data();
  deep.arrivals = arrivals_.data();
  kernels::resident::launch(stream_, deep);
}

}  // namespace kilat
