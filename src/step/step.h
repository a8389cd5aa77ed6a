// One training step: forward pass, backward pass, update. The same code for every device.
#pragma once

#include <cstddef>
#include <vector>

#include "backend/backend.h"
#include "step/layer.h"
#include "step/state.h"

namespace kilat {

// What training needs beyond a forward pass.
template <Backend B>
struct Training {
  using Real = typename B::Real;

  Plan plan;                                                 // of a full batch
  std::vector<typename B::template Buffer<Real>> gradients;  // one block a worker
  Optimizer optimizer;
  std::vector<typename B::template Buffer<Real>> state;  // optimizer's, laid out as parameters
  typename B::template Buffer<StepCoefficients> steps;   // of each step
  typename B::template Buffer<std::uint32_t> order;      // of the epoch; empty for full batches
  typename B::template Buffer<Cursor> cursor;
  RowResults<B> rows;  // of the batch

  // The optimizer's state, from that of parameter number `parameter` on.
  OptimizerState<Real> state_from(std::size_t parameter) {
    OptimizerState<Real> blocks;
    for (std::size_t k = 0; k < state.size(); ++k) blocks.block[k] = state[k].data();
    return blocks.from(parameter);
  }
};

// x, y ← the slice's samples in the order given
template <Backend B>
void load(B& b, Workspace<B>& w, const Resident<B>& data,
          const typename B::template Buffer<std::uint32_t>& order,
          const typename B::template Buffer<Cursor>& cursor, Slice slice) {
  b.gather(w.x, {w.y.data(), slice.rows}, data.images, {data.labels.data(), data.size}, order,
           cursor, slice);
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

// a[l] = f[l](a[l−1] W[l]ᵀ + b[l]) for each hidden layer
template <Backend B>
void forward(B& b, const DeviceNetwork<B>& network, Workspace<B>& w) {
  for (std::size_t l = 0; l < network.last(); ++l) {
    with_input(w, l, [&](auto& x) {
      linear_activation(b, w.a[l], x, network.layer(l), network.activations[l]);
    });
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

// Back-propagation (Rumelhart, Hinton and Williams 1986) from dz = w.z, last layer first. Calls
// learn(l, dz, x) for each layer when its weights are no longer needed: learn may change them.
template <Backend B, class Learn>
void backward(B& b, const DeviceNetwork<B>& network, Workspace<B>& w, const Learn& learn) {
  const auto dz = [&](std::size_t l) -> auto& { return l == network.last() ? w.z : w.da[l]; };
  for (std::size_t l = network.last(); l > 0; --l) {
    linear_backward(b, w.da[l - 1], dz(l), w.a[l - 1], network.layer(l),
                    network.activations[l - 1]);
    learn(l, dz(l), w.a[l - 1]);
  }
  learn(0, dz(0), w.x);
}

// dW (+)= dzᵀ x, db (+)= Σ dz for every layer
template <Backend B>
void gradients(B& b, const DeviceNetwork<B>& network, Workspace<B>& w,
               typename B::template Buffer<typename B::Real>& gradient, bool accumulate) {
  backward(b, network, w, [&](std::size_t l, auto& dz, auto& x) {
    linear_gradient(b, network.tensors(l, gradient), dz, x, accumulate);
  });
}

// Backward pass and update in one: each layer is updated as soon as its gradient is known.
template <Backend B>
void backward_and_update(B& b, DeviceNetwork<B>& network, Workspace<B>& w, Training<B>& t) {
  backward(b, network, w, [&](std::size_t l, auto& dz, auto& x) {
    b.linear_update(
        typename B::UpdatedLayer{network.tensors(l, network.parameters),
                                 t.state_from(network.layers[l].weight),
                                 network.tensors(l, t.gradients[0]), network.layers[l].weight},
        dz, x, t.optimizer, t.steps, t.cursor);
  });
}

// Loads a slice and runs the forward pass up to the losses.
template <Backend B>
Workspace<B>& forward_and_loss(B& b, const Resident<B>& data, DeviceNetwork<B>& network,
                               Training<B>& t, std::size_t n, Slice slice) {
  Workspace<B>& w = network.workspaces[slice.worker];
  b.mark(Phase::gather);
  load(b, w, data, t.order, t.cursor, slice);
  b.mark(Phase::forward);
  forward(b, network, w);
  softmax_loss(b, network, w, t.rows, n, slice);
  b.mark(Phase::backward);
  return w;
}

// A step whose backward pass updates each layer, for a batch that is one slice.
template <Backend B>
void fused_update_step(B& b, const Resident<B>& data, DeviceNetwork<B>& network, Training<B>& t,
                       std::size_t n) {
  Workspace<B>& w = forward_and_loss(b, data, network, t, n, {0, n, 0, false});
  b.check_loss(t.cursor, t.rows.losses(0, n));
  backward_and_update(b, network, w, t);
  b.advance(t.cursor, n, data.size);
}

// A step that computes the whole gradient first and then updates all parameters at once, for a
// batch of any number of slices.
template <Backend B>
void separate_update_step(B& b, const Resident<B>& data, DeviceNetwork<B>& network, Training<B>& t,
                          std::size_t n) {
  const std::size_t workers = b.slices(t.plan, n, [&](Slice slice) {
    Workspace<B>& w = forward_and_loss(b, data, network, t, n, slice);
    gradients(b, network, w, t.gradients[slice.worker], slice.accumulate);
    b.mark(Phase::none);
  });
  b.mark(Phase::update);
  b.sum_blocks(t.gradients, workers);
  b.check_loss(t.cursor, t.rows.losses(0, n));
  update_and_advance(b, network.parameters, t.gradients[0], t.state_from(0), t.optimizer, t.steps,
                     t.cursor, n, data.size);
}

// Trains on the next `n` samples of the epoch's order.
//
// Why there are two ways: a fused update need not write the gradient to memory. The CPU keeps that
// of the first layer, which has most of the parameters, in registers (docs/cpu.md, "Update with the
// gradient"); for 784-800-10 at b = 128 this saves half of the bytes that a plain SGD update moves.
// But an update needs the complete gradient, and the gradients of several slices have to be added
// up first. So batches of several slices, and devices without kFused.linear_update, update
// separately.
template <Backend B>
void step(B& b, const Resident<B>& data, DeviceNetwork<B>& network, Training<B>& t, std::size_t n) {
  if constexpr (B::kFused.linear_update) {
    if (t.plan.workers == 1 && n <= t.plan.slice_rows) {
      fused_update_step(b, data, network, t, n);
    } else {
      separate_update_step(b, data, network, t, n);
    }
  } else {
    separate_update_step(b, data, network, t, n);
  }
  b.mark(Phase::none);
}

}  // namespace kilat
