// Passes over a whole data set that leave the weights unchanged.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <kilat/dataset.h>

#include "step/step.h"

namespace kilat {

template <Backend B>
Resident<B> make_resident(B& b, std::span<const std::uint8_t> pixels, std::size_t features,
                          std::span<const std::uint8_t> labels) {
  Resident<B> r{labels.size(), b.images(pixels, features),
                b.template buffer<std::uint8_t>(labels.size())};
  b.upload(labels, r.labels);
  return r;
}

template <Backend B>
Resident<B> make_resident(B& b, const Dataset& data, std::span<const std::uint8_t> classes) {
  return make_resident(b, data.pixels, data.features, class_indices(data, classes));
}

// Calls f(workspace, slice) after the hidden layers' forward pass, for slices of the whole set in
// the order of the file.
template <Backend B, class F>
void forward_all(B& b, const Resident<B>& data, DeviceNetwork<B>& network, const F& f) {
  b.slices(network.plan, data.size, [&](Slice slice) {
    Workspace<B>& w = network.workspaces[slice.worker];
    load(b, w, data, network.in_order, network.start, slice);
    forward(b, network, w);
    f(w, slice);
  });
}

// Whether an evaluation marks, in each workspace, the hidden units that fire. Those of layers whose
// units cannot die it never marks.
enum class Marks { none, active };

// Those of each hidden layer; empty where there are none.
template <Backend B>
std::vector<std::span<std::uint8_t>> marks(const DeviceNetwork<B>& network, Workspace<B>& w,
                                           Marks wanted) {
  std::vector<std::span<std::uint8_t>> all(w.active.size());
  for (std::size_t l = 0; l < all.size() && wanted == Marks::active; ++l) {
    if (has_dead_units(network.activations[l])) all[l] = {w.active[l].data(), w.active[l].size()};
  }
  return all;
}

// Loss and hit of every row of the set.
template <Backend B>
void row_losses(B& b, const Resident<B>& data, DeviceNetwork<B>& network, RowResults<B>& rows,
                Marks wanted) {
  if constexpr (B::kFused.row_losses) {
    if (b.has_row_losses()) {
      b.row_losses({data.images, data.labels, data.size, network.parameters,
                    rows.losses(0, data.size), rows.hits(0, data.size),
                    marks(network, network.workspaces[0], wanted)});
      return;
    }
  }
  forward_all(b, data, network, [&](Workspace<B>& w, Slice slice) {
    const std::vector<std::span<std::uint8_t>> active = marks(network, w, wanted);
    for (std::size_t l = 0; l < w.a.size(); ++l) {
      if (!active[l].empty()) b.mark_active(active[l], w.a[l]);
    }
    softmax_loss(b, network, w, rows, data.size, slice);
  });
}

// Sums loss and hits over the whole set.
template <Backend B>
Metrics evaluate(B& b, const Resident<B>& data, DeviceNetwork<B>& network, RowResults<B>& rows,
                 Marks wanted = Marks::none) {
  row_losses(b, data, network, rows, wanted);
  b.sum_metrics(network.metrics, rows.losses(0, data.size), rows.hits(0, data.size));
  Metrics result;
  b.download(network.metrics, std::span(&result, 1));
  return result;
}

template <Backend B>
void clear_marks(B& b, DeviceNetwork<B>& network) {
  for (std::size_t l = 0; l < network.last(); ++l) {
    if (!has_dead_units(network.activations[l])) continue;
    const std::vector<std::uint8_t> none(network.layers[l].out);
    for (Workspace<B>& w : network.workspaces) b.upload(std::span(none), w.active[l]);
  }
}

// Each hidden layer's share of units that are not marked; 0 where units cannot die.
template <Backend B>
std::vector<double> dead_shares(B& b, DeviceNetwork<B>& network) {
  std::vector<double> shares;
  for (std::size_t l = 0; l < network.last(); ++l) {
    if (!has_dead_units(network.activations[l])) {
      shares.push_back(0);
      continue;
    }
    const std::size_t units = network.layers[l].out;
    std::vector<std::uint8_t> fired(units), one(units);
    for (Workspace<B>& w : network.workspaces) {
      b.download(w.active[l], std::span(one));
      for (std::size_t j = 0; j < units; ++j) fired[j] |= one[j];
    }
    const auto dead = std::count(fired.begin(), fired.end(), std::uint8_t{0});
    shares.push_back(static_cast<double>(dead) / static_cast<double>(units));
  }
  return shares;
}

// Class probabilities, [size, outputs] row-major.
template <Backend B>
std::vector<float> probabilities(B& b, const Resident<B>& data, DeviceNetwork<B>& network) {
  const std::size_t outputs = network.outputs();
  std::vector<float> result(data.size * outputs);
  using Values = std::vector<typename B::Real>;
  std::vector<Values> scratch(network.workspaces.size(), Values(network.plan.slice_rows * outputs));
  forward_all(b, data, network, [&](Workspace<B>& w, Slice slice) {
    logits(b, network, w);
    b.softmax(w.z, network.layer(network.last()).bias);
    const std::span values = std::span(scratch[slice.worker]).first(slice.rows * outputs);
    b.download(w.z, values);
    std::copy(values.begin(), values.end(), result.begin() + slice.first * outputs);
  });
  return result;
}

}  // namespace kilat
