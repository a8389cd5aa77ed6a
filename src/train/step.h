// One step of training: forward, backward, update. This page is the algorithm, for every device.
#pragma once

#include <cstddef>
#include <vector>

#include "backend/backend.h"
#include "train/layer.h"
#include "train/state.h"

namespace kilat {

// What training needs beyond a forward pass.
template <Backend B>
struct Training {
  using Real = typename B::Real;

  Plan plan;                                                 // of a full batch
  std::vector<typename B::template Buffer<Real>> gradients;  // one block a worker
  typename B::template Buffer<Real> velocity;
  typename B::template Buffer<Real> rates;           // the learning rate of each step
  typename B::template Buffer<std::uint32_t> order;  // of the epoch; empty for full batches
  typename B::template Buffer<Cursor> cursor;
  RowResults<B> rows;  // of the batch
  SgdRule rule;
};

// x, y ← the slice's samples in the order given
template <Backend B>
void load(B& b, Workspace<B>& w, const Resident<B>& data,
          const typename B::template Buffer<std::uint32_t>& order,
          const typename B::template Buffer<Cursor>& cursor, Slice slice) {
  b.gather(w.x, {w.y.data(), slice.rows}, {data.pixels.data(), data.pixels.size()},
           {data.labels.data(), data.size}, order, cursor, slice);
}

// Calls f with the input of layer l: the pixels, or the activations of the layer before.
template <Backend B, class F>
void with_input(Workspace<B>& w, std::size_t l, const F& f) {
  if (l == 0) {
    f(w.x);
  } else {
    f(w.a[l - 1]);
  }
}

// a[l] = max(0, a[l−1] W[l]ᵀ + b[l]) for each hidden layer
template <Backend B>
void forward(B& b, const DeviceNetwork<B>& network, Workspace<B>& w) {
  for (std::size_t l = 0; l < network.last(); ++l) {
    with_input(w, l, [&](auto& x) { linear_relu(b, w.a[l], x, network.layer(l)); });
  }
}

// z = a W[L]ᵀ, the logits before their bias
template <Backend B>
void logits(B& b, const DeviceNetwork<B>& network, Workspace<B>& w) {
  with_input(w, network.last(), [&](auto& x) { linear(b, w.z, x, network.layer(network.last())); });
}

// z ← (softmax(z) − onehot(y)) / n with z = a W[L]ᵀ + b[L]; the rows' losses and hits
template <Backend B>
void softmax_loss(B& b, const DeviceNetwork<B>& network, Workspace<B>& w, RowResults<B>& rows,
                  std::size_t n, Slice slice) {
  with_input(w, network.last(), [&](auto& x) {
    linear_loss(b, w.z, x, network.layer(network.last()), {w.y.data(), slice.rows}, n,
                rows.losses(slice.first, slice.rows), rows.hits(slice.first, slice.rows));
  });
}

// Back-propagation (Rumelhart, Hinton and Williams 1986) from dz = w.z, last layer first
template <Backend B>
void backward(B& b, const DeviceNetwork<B>& network, Workspace<B>& w,
              typename B::template Buffer<typename B::Real>& gradient, bool accumulate) {
  const auto dz = [&](std::size_t l) -> auto& { return l == network.last() ? w.z : w.da[l]; };
  for (std::size_t l = network.last(); l > 0; --l) {
    linear_backward(b, w.da[l - 1], dz(l), w.a[l - 1], network.layer(l),
                    network.tensors(l, gradient), accumulate);
  }
  linear_backward(b, dz(0), w.x, network.tensors(0, gradient), accumulate);
}

// Trains on the next `n` samples of the epoch's order.
template <Backend B>
void step(B& b, const Resident<B>& data, DeviceNetwork<B>& network, Training<B>& t, std::size_t n) {
  const std::size_t workers = b.slices(t.plan, n, [&](Slice slice) {
    Workspace<B>& w = network.workspaces[slice.worker];
    b.mark(Phase::gather);
    load(b, w, data, t.order, t.cursor, slice);
    b.mark(Phase::forward);
    forward(b, network, w);
    softmax_loss(b, network, w, t.rows, n, slice);
    b.mark(Phase::backward);
    backward(b, network, w, t.gradients[slice.worker], slice.accumulate);
    b.mark(Phase::none);
  });
  b.mark(Phase::update);
  b.sum_blocks(t.gradients, workers);
  b.check_loss(t.cursor, t.rows.losses(0, n));
  b.update(network.parameters, t.gradients[0], t.velocity, t.rule, t.rates, t.cursor);
  b.advance(t.cursor, n, data.size);
  b.mark(Phase::none);
}

}  // namespace kilat
