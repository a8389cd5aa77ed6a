#include "backend/cuda/resident_shape.h"

#include <algorithm>
#include <string>

#include <fmt/format.h>

#include <kilat/error.h>

#include "kernels/resident/deep.h"
#include "kernels/resident/full_batch.h"

namespace kilat {
namespace {

using kernels::resident::Figures;
using kernels::resident::Layout;
using kernels::resident::Run;
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

// Tiles of the weights after the first layer.
std::size_t further_tiles(const ResidentNetwork& network) {
  using kernels::resident::kWideTile;
  const auto tiles = [](std::size_t n) { return (n + kWideTile - 1) / kWideTile; };
  std::size_t all = 0;
  for (const LinearShape& layer : network.layers) {
    if (&layer != &network.layers.front()) all += tiles(layer.out) * tiles(layer.in + 1);
  }
  return all;
}

// Why no kernel takes the network, whatever its batch; empty: one might.
std::string obstacle(const ResidentNetwork& network, const Figures& device) {
  using namespace kernels::resident;
  const std::size_t hidden = hidden_layers(network);
  const std::size_t features = network.layers.front().in, outputs = network.layers.back().out;
  if (device.shared_bytes == 0) return "it needs a GPU of compute capability 8.0 or more";
  if (hidden > kMostFurther)
    return fmt::format("{} hidden layers, at most {}", hidden, kMostFurther);
  if (features > kMostFeatures) {
    return fmt::format("images of {} pixels, at most {}", features, kMostFeatures);
  }
  if (outputs > kMostOutputs) return fmt::format("{} classes, at most {}", outputs, kMostOutputs);
  if (widest(network) > kMostTerms) {
    return fmt::format("a layer of {} units, at most {}", widest(network), kMostTerms);
  }
  return "";
}

// Why no kernel takes the batches.
std::string batch_obstacle(const ResidentNetwork& network, const Figures& device) {
  using namespace kernels::resident;
  if (network.batch <= kMostDeepRows) {
    return fmt::format("batches of {} do not fit {} bytes of shared memory", network.batch,
                       device.shared_bytes);
  }
  if (!takes_full_batches(network)) {
    return fmt::format("batches of {}, at most {} or all samples", network.batch, kMostDeepRows);
  }
  return fmt::format(
      "a full batch of {}; more than {} samples take one hidden layer of at most {} units, and on "
      "{} "
      "multiprocessors they are {} at most",
      network.samples, kMostDeepRows, kMostGroups * kUnits, device.multiprocessors,
      kMostOwnRows * std::min(device.multiprocessors, kMostRowBlocks));
}

// A network that one of the kernels for one hidden layer takes, they train; others the deep one
// does.
Shape arrange_any(const ResidentNetwork& network, const Shape& wanted, const Figures& device) {
  using namespace kernels::resident;
  Shape shape;
  if (hidden_layers(network) == 1) {
    shape = takes_full_batches(network) ? arrange_full_batch(wanted, network.samples, device)
                                        : arrange(wanted, device);
  }
  return shape.buffers > 0 ? shape : arrange_deep(wanted, further_tiles(network), device);
}

Shape shape_of(const ResidentNetwork& network, const Figures& device) {
  Shape wanted;
  wanted.features = static_cast<unsigned>(network.layers.front().in);
  wanted.units = static_cast<unsigned>(network.layers.front().out);
  wanted.outputs = static_cast<unsigned>(network.layers.back().out);
  wanted.batch = static_cast<unsigned>(network.batch);
  wanted.state_blocks = static_cast<unsigned>(state_blocks(network.rule));
  return arrange_any(network, wanted, device);
}

}  // namespace

std::string resident_obstacle(const ResidentNetwork& network, const Figures& device) {
  if (std::string reason = obstacle(network, device); !reason.empty()) return reason;
  return shape_of(network, device).buffers > 0 ? "" : batch_obstacle(network, device);
}

Shape resident_shape(const ResidentNetwork& network, const Figures& device) {
  const std::string reason = resident_obstacle(network, device);
  if (reason.empty()) return shape_of(network, device);
  throw Error(fmt::format("--engine resident: {}; use --engine composed", reason));
}

Run with_shape(Run run, const ResidentNetwork& network, const Shape& shape) {
  run.shape = shape;
  run.layout = Layout(shape);
  const LinearShape &first = network.layers.front(), &last = network.layers.back();
  run.offsets = {first.weight, first.bias, last.weight, last.bias};
  constexpr Activation kIdentity = {ActivationKind::leaky_relu, 1};
  run.activation = network.layers.size() > 1 ? network.activation : kIdentity;
  run.shift = network.normalisation.shift;
  run.scale = network.normalisation.scale;
  return run;
}

}  // namespace kilat
