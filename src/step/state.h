// What a training run keeps on the device: data, parameters, scratch. Allocated before the first
// step.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include <kilat/network.h>

#include "backend/backend.h"
#include "step/parameter_layout.h"

namespace kilat {

// A data set on the device.
template <Backend B>
struct Resident {
  std::size_t size = 0;
  typename B::Images images;                         // [size, features]
  typename B::template Buffer<std::uint8_t> labels;  // [size], output indices
};

// What a workspace is used for.
enum class Use { inference, training };

// One worker's scratch for a slice.
template <Backend B>
struct Workspace {
  using Matrix = typename B::Matrix;

  typename B::Pixels x;
  typename B::template Buffer<std::uint8_t> y;
  std::vector<Matrix> a;   // [hidden layers]: activations
  std::vector<Matrix> da;  // [hidden layers]: their gradients; empty for inference
  Matrix z;                // logits, then their gradient
  std::vector<typename B::template Buffer<std::uint8_t>> active;  // [hidden layers][units]

  Workspace(B& b, const Network& network, std::size_t rows, Use use)
      : x(b.pixels(rows, network.features, network.normalisation)),
        y(b.template buffer<std::uint8_t>(rows)),
        z(b.matrix(rows, network.outputs())) {
    for (std::size_t l = 0; l + 1 < network.layers.size(); ++l) {
      const std::size_t units = network.layers[l].units;
      a.push_back(b.matrix(rows, units));
      if (use == Use::training) da.push_back(b.matrix(rows, units));
      active.push_back(b.template buffer<std::uint8_t>(units));
    }
  }
};

// The rows' losses and hits of a batch or of a data set.
template <Backend B>
struct RowResults {
  typename B::template Buffer<typename B::Real> loss;
  typename B::template Buffer<std::uint8_t> hit;

  RowResults(B& b, std::size_t rows)
      : loss(b.template buffer<typename B::Real>(rows)),
        hit(b.template buffer<std::uint8_t>(rows)) {}

  std::span<typename B::Real> losses(std::size_t first, std::size_t rows) {
    return {loss.data() + first, rows};
  }
  std::span<std::uint8_t> hits(std::size_t first, std::size_t rows) {
    return {hit.data() + first, rows};
  }
};

// Everything that a forward pass needs.
template <Backend B>
struct DeviceNetwork {
  using Real = typename B::Real;
  using Buffer = typename B::template Buffer<Real>;

  ParameterLayout layout;
  std::vector<LinearShape> layers;      // in `parameters`
  std::vector<Activation> activations;  // of the hidden layers
  Buffer parameters;
  Plan plan;  // of an evaluation
  std::vector<Workspace<B>> workspaces;
  typename B::template Buffer<std::uint32_t> in_order;  // empty: the order of the file
  typename B::template Buffer<Cursor> start;            // of a pass in the order of the file
  typename B::template Buffer<Metrics> metrics;         // [1], of an evaluation

  // `batch`: rows of the largest training batch; 0 for Use::inference.
  DeviceNetwork(B& b, const Network& network, std::size_t batch, Use use)
      : layout(network.shapes(), b.unit_blocks(network.layers[0].units)),
        layers(layout.layers()),
        activations(network.activations()),
        parameters(b.template buffer<Real>(layout.size())),
        plan(b.plan(std::numeric_limits<std::size_t>::max())),
        start(b.template buffer<Cursor>(1)),
        metrics(b.template buffer<Metrics>(1)) {
    set_parameters(b, network.parameters);
    // A small batch needs only a small workspace, but an evaluation works on larger slices.
    const Plan training = b.plan(batch);
    const std::size_t rows = std::max(plan.slice_rows, training.slice_rows);
    const std::size_t workers = std::max(plan.workers, training.workers);
    for (std::size_t w = 0; w < workers; ++w) workspaces.emplace_back(b, network, rows, use);
  }

  void set_parameters(B& b, std::span<const float> values) { upload(b, values, parameters); }

  // A block of numbers laid out as Network::parameters, to and from the device.
  void upload(B& b, std::span<const float> values, Buffer& block) const {
    std::vector<Real> moved(layout.size());
    layout.for_each([&](std::size_t file, std::size_t device) {
      moved[device] = static_cast<Real>(values[file]);
    });
    b.upload(std::span<const Real>(moved), block);
  }
  std::vector<float> download(B& b, const Buffer& block) const {
    std::vector<Real> moved(layout.size());
    b.download(block, std::span(moved));
    std::vector<float> values(layout.size_in_file());
    layout.for_each([&](std::size_t file, std::size_t device) {
      values[file] = static_cast<float>(moved[device]);
    });
    return values;
  }

  // Layer l's tensors inside a parameter-shaped block.
  Linear<Real> tensors(std::size_t l, Buffer& block) const { return tensors_at(l, block.data()); }
  Linear<const Real> layer(std::size_t l) const { return tensors_at(l, parameters.data()); }
  std::size_t last() const { return layers.size() - 1; }
  std::size_t outputs() const { return layers.back().out; }

 private:
  template <class T>
  Linear<T> tensors_at(std::size_t l, T* block) const {
    const LinearShape& s = layers[l];
    return {{block + s.weight, s.out, s.in, l == 0 && layout.moves()}, {block + s.bias, s.out}};
  }
};

}  // namespace kilat
