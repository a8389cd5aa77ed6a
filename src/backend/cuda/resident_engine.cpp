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

std::size_t hidden_layers(const ResidentNetwork& network) { return network.layers.size() - 1; }

// Units of the widest hidden layer.
std::size_t widest(const ResidentNetwork& network) {
  std::size_t units = 0;
  for (const LinearShape& layer : network.layers) {
    if (&layer != &network.layers.back()) units = std::max(units, layer.out);
  }
  return units;
}

std::string full_batch_obstacle(const ResidentNetwork& network, const Figures& device) {
  using namespace kernels::resident;
  if (hidden_layers(network) > 1) {
    return fmt::format("full batches and {} hidden layers, of which it takes one then",
                       hidden_layers(network));
  }
  return fmt::format(
      "full batches of {} samples and {} units do not fit the shared memory of {} "
      "multiprocessors, which take {} and {} at most",
      network.samples, network.layers[0].out, device.multiprocessors,
      kMostOwnRows * std::min(device.multiprocessors, kMostRowBlocks), kMostGroups * kUnits);
}

// Why the network cannot be resident on such a device; called where it cannot.
std::string obstacle(const ResidentNetwork& network, const Shape& wanted, const Figures& device) {
  using namespace kernels::resident;
  if (device.shared_bytes == 0) return "it needs a GPU of compute capability 9.0";
  if (hidden_layers(network) == 0) return "no hidden layer";
  if (hidden_layers(network) > kMostFurther) {
    return fmt::format("{} hidden layers, at most {}", hidden_layers(network), kMostFurther);
  }
  if (wanted.features > kMostFeatures) {
    return fmt::format("images of {} pixels, at most {}", wanted.features, kMostFeatures);
  }
  if (wanted.outputs > kMostOutputs) {
    return fmt::format("{} classes, at most {}", wanted.outputs, kMostOutputs);
  }
  if (takes_full_batches(network)) return full_batch_obstacle(network, device);
  if (network.batch > kMostRows) {
    return fmt::format("batches of {}, at most {} or all samples", network.batch, kMostRows);
  }
  if (widest(network) > kMostTerms) {
    return fmt::format("a layer of {} units, at most {}", widest(network), kMostTerms);
  }
  return fmt::format("its batch does not fit {} bytes of shared memory", device.shared_bytes);
}

// Tiles of the weights after the first layer.
std::size_t further_tiles(const ResidentNetwork& network) {
  const auto tiles = [](std::size_t n) {
    return (n + kernels::resident::kWideTile - 1) / kernels::resident::kWideTile;
  };
  std::size_t all = 0;
  for (const LinearShape& layer : network.layers) {
    if (&layer != &network.layers.front()) all += tiles(layer.out) * tiles(layer.in + 1);
  }
  return all;
}

// A network that one of the kernels for one hidden layer takes, they train; others the deep one.
Shape arrange(const ResidentNetwork& network, const Shape& shape, const Figures& device) {
  using namespace kernels::resident;
  const std::size_t hidden = hidden_layers(network);
  Shape arranged;
  if (hidden == 1 && takes_full_batches(network)) {
    return arrange_full_batch(shape, network.samples, device);
  }
  if (hidden == 1) arranged = kernels::resident::arrange(shape, device);
  if (arranged.buffers > 0 || hidden == 0 || hidden > kMostFurther) return arranged;
  if (takes_full_batches(network) || widest(network) > kMostTerms) return arranged;
  return arrange_deep(shape, further_tiles(network), device);
}

Shape arrange(const ResidentNetwork& network, const Figures& device) {
  Shape shape;
  shape.features = static_cast<unsigned>(network.layers.front().in);
  shape.units = static_cast<unsigned>(network.layers.front().out);
  shape.outputs = static_cast<unsigned>(network.layers.back().out);
  shape.batch = static_cast<unsigned>(network.batch);
  shape.state_blocks = static_cast<unsigned>(state_blocks(network.rule));
  const Shape arranged = arrange(network, shape, device);
  if (arranged.buffers > 0) return arranged;
  throw Error(fmt::format("--engine resident: {}; use --engine composed",
                          obstacle(network, shape, device)));
}

}  // namespace

ResidentEngine::ResidentEngine(const Figures& device, cudaStream_t stream,
                               const ResidentNetwork& network)
    : network_(network),
      stream_(stream),
      shape_(arrange(network, device)),
      evaluation_shape_(kernels::resident::evaluation_shape(shape_, device)),
      progress_(1, stream) {
  const kernels::resident::Progress at_rest;
  KILAT_CUDA(
      cudaMemcpyAsync(progress_.data(), &at_rest, sizeof at_rest, cudaMemcpyHostToDevice, stream));
  KILAT_CUDA(cudaStreamSynchronize(stream));
  if (evaluates()) {
    groups_ = kernels::resident::evaluation_groups(shape_, device);
    logits_parts_ = DeviceBuffer<float>(kRowsAtOnce * shape_.outputs * shape_.blocks(), stream);
    logits_ = DeviceBuffer<float>(kRowsAtOnce * shape_.outputs, stream);
    make_room();
  } else {
    make_room_for_layers();
  }
}

void ResidentEngine::make_room() {
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
    const bool is_output = l + 1 == network_.layers.size();
    activations_.emplace_back(is_output ? 0 : (l == 0 ? 2 : 1) * numbers, stream_);
    layer_gradients_.emplace_back(numbers, stream_);
  }
  arrivals_ = DeviceBuffer<std::uint64_t>(std::size_t{2} * shape_.grid, stream_);
}

void ResidentEngine::describe(kernels::resident::Run& run, const Shape& shape) const {
  run.shape = shape;
  run.layout = Layout(shape);
  const LinearShape &first = network_.layers.front(), &last = network_.layers.back();
  run.offsets = {first.weight, first.bias, last.weight, last.bias};
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
  const bool is_deep = shape_.grid > 0;
  if (is_deep) {
    launch_deep(run);
  } else {
    kernels::resident::launch(stream_, run);
  }
  const std::size_t tags = is_deep ? kernels::resident::meetings(network_.layers.size() - 1) : 1;
  tag_ += static_cast<std::uint32_t>(run.steps * tags);
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
