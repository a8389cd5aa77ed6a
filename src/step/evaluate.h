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

// Loss and hit of every row of the set. In layers whose units can die, also marks in each workspace
// the hidden units that fired.
template <Backend B>
void row_losses(B& b, const Resident<B>& data, DeviceNetwork<B>& network, RowResults<B>& rows) {
  const auto active = [&](Workspace<B>& w, std::size_t l) -> std::span<std::uint8_t> {
    if (!has_dead_units(network.activations[l])) return {};
    return {w.active[l].data(), w.active[l].size()};
  };
  if constexpr (B::kFused.row_losses) {
    if (b.has_row_losses()) {
      b.row_losses({data.images, data.labels, data.size, network.parameters,
                    rows.losses(0, data.size), rows.hits(0, data.size),
                    active(network.workspaces[0], 0)});
      return;
    }
  }
  forward_all(b, data, network, [&](Workspace<B>& w, Slice slice) {
    for (std::size_t l = 0; l < w.a.size(); ++l) {
      if (!active(w, l).empty()) b.mark_active(active(w, l), w.a[l]);
    }
    softmax_loss(b, network, w, rows, data.size, slice);
  });
}

// Sums loss and hits over the whole set; marks as row_losses does.
template <Backend B>
Metrics evaluate(B& b, const Resident<B>& data, DeviceNetwork<B>& network, RowResults<B>& rows) {
  row_losses(b, data, network, rows);
  b.sum_metrics(network.metrics, rows.losses(0, data.size), rows.hits(0, data.size));
  Metrics result;
  b.download(network.metrics, std::span(&result, 1));
  return result;
}

// Each hidden layer's share of units that fired for no sample since the last call; 0 where units
// cannot die. Clears the marks.
template <Backend B>
std::vector<double> take_dead_shares(B& b, DeviceNetwork<B>& network) {
  std::vector<double> shares;
  for (std::size_t l = 0; l < network.last(); ++l) {
    if (!has_dead_units(network.activations[l])) {
      shares.push_back(0);
      continue;
    }
    const std::size_t units = network.layers[l].out;
    std::vector<std::uint8_t> fired(units), one(units);
    const std::vector<std::uint8_t> none(units);
    for (Workspace<B>& w : network.workspaces) {
      b.download(w.active[l], std::span(one));
      b.upload(std::span(none), w.active[l]);
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
