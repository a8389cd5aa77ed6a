#include "backend/cuda/resident_engine.h"

#include <algorithm>
#include <string>

#include <fmt/format.h>

#include <kilat/error.h>

namespace kilat {
namespace {

using kernels::resident::Figures;
using kernels::resident::Layout;
using kernels::resident::Shape;

bool takes_full_batches(const ResidentNetwork& network) {
  return network.batch == network.samples && network.batch > kernels::resident::kMostRows;
}

// Why the network cannot be resident on such a device; called where it cannot.
std::string obstacle(const ResidentNetwork& network, const Shape& wanted, const Figures& device) {
  using namespace kernels::resident;
  if (device.shared_bytes == 0) return "it needs a GPU of compute capability 9.0";
  if (wanted.features > kMostFeatures) {
    return fmt::format("images of {} pixels, at most {}", wanted.features, kMostFeatures);
  }
  if (wanted.outputs > kMostOutputs) {
    return fmt::format("{} classes, at most {}", wanted.outputs, kMostOutputs);
  }
  if (takes_full_batches(network)) {
    return fmt::format(
        "full batches of {} samples and {} units do not fit the shared memory of {} "
        "multiprocessors, which take {} and {} at most",
        network.samples, wanted.units, device.multiprocessors,
        kMostOwnRows * std::min(device.multiprocessors, kMostRowBlocks), kMostGroups * kUnits);
  }
  if (network.batch > kMostRows) {
    return fmt::format("batches of {}, at most {} or all samples", network.batch, kMostRows);
  }
  return fmt::format("{} units and their batch do not fit the shared memory of {} multiprocessors",
                     wanted.units, device.multiprocessors);
}

Shape arrange(const ResidentNetwork& network, const Figures& device) {
  const auto fail = [](const std::string& why) {
    throw Error(fmt::format("--engine resident: {}; use --engine composed", why));
  };
  if (network.widths.size() != 3) fail("it trains networks of one hidden layer");
  Shape shape;
  shape.features = static_cast<unsigned>(network.widths[0]);
  shape.units = static_cast<unsigned>(network.widths[1]);
  shape.outputs = static_cast<unsigned>(network.widths[2]);
  shape.batch = static_cast<unsigned>(network.batch);
  shape.state_blocks = static_cast<unsigned>(state_blocks(network.rule));
  const Shape arranged = takes_full_batches(network)
                             ? kernels::resident::arrange_full_batch(shape, network.samples, device)
                             : kernels::resident::arrange(shape, device);
  if (arranged.buffers == 0) fail(obstacle(network, shape, device));
  return arranged;
}

}  // namespace

ResidentEngine::ResidentEngine(const Figures& device, cudaStream_t stream,
                               const ResidentNetwork& network)
    : network_(network),
      stream_(stream),
      shape_(arrange(network, device)),
      evaluation_shape_(kernels::resident::evaluation_shape(shape_, device)),
      groups_(kernels::resident::evaluation_groups(shape_, device)),
      progress_(1, stream),
      logits_parts_(kRowsAtOnce * shape_.outputs * shape_.blocks(), stream),
      logits_(kRowsAtOnce * shape_.outputs, stream) {
  const kernels::resident::Progress at_rest;
  KILAT_CUDA(
      cudaMemcpyAsync(progress_.data(), &at_rest, sizeof at_rest, cudaMemcpyHostToDevice, stream));
  KILAT_CUDA(cudaStreamSynchronize(stream));
  if (takes_full_batches()) {
    const std::size_t blocks = shape_.row_blocks, units = shape_.units;
    totals_ = DeviceBuffer<long long>(blocks * units * shape_.features, stream);
    sums_ = DeviceBuffer<long long>(blocks * units, stream);
    small_ = DeviceBuffer<float>(blocks * kernels::resident::small_count(shape_), stream);
    largest_ = DeviceBuffer<unsigned>(2 * units, stream);
    return;
  }
  if (shape_.cluster) return;
  const std::size_t words = std::size_t{2} * shape_.capacity() * shape_.outputs;
  parts_ = DeviceBuffer<std::uint64_t>(words * shape_.blocks(), stream);
  gradients_ = DeviceBuffer<std::uint64_t>(words, stream);
}

void ResidentEngine::describe(kernels::resident::Run& run, const Shape& shape) const {
  run.shape = shape;
  run.layout = Layout(shape);
  run.offsets = network_.offsets;
  run.activation = network_.activation;
  run.shift = network_.normalisation.shift;
  run.scale = network_.normalisation.scale;
}

float* ResidentEngine::logits(kernels::resident::Run run, std::size_t first, std::uint8_t* active) {
  using kernels::resident::kPiece;
  describe(run, evaluation_shape_);
  const std::size_t pieces = (run.size - first + kPiece - 1) / kPiece;
  const std::size_t share = (pieces + groups_ - 1) / groups_ * kPiece;
  kernels::resident::launch_logits(stream_, {run, first, share, logits_parts_.data(), active},
                                   groups_, logits_.data());
  return logits_.data();
}

void ResidentEngine::launch(kernels::resident::Run run,
                            const kernels::resident::Evaluation& evaluation) {
  describe(run, shape_);
  run.progress = progress_.data();
  run.parts = parts_.data();
  run.gradients = gradients_.data();
  if (takes_full_batches()) {
    kernels::resident::launch(
        stream_, {run, evaluation, totals_.data(), sums_.data(), small_.data(), largest_.data()});
    return;
  }
  run.tag = tag_;
  kernels::resident::launch(stream_, run);
  tag_ += static_cast<std::uint32_t>(run.steps);
}

}  // namespace kilat
