// The forms that the step calls, of a layer and of the step's end, composed of the ops. A backend
// that has a faster fused member of the same name and arguments is asked for it instead.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "backend/backend.h"

namespace kilat {

// z = x Wᵀ, for a batch of bytes or of activations.
template <Backend B>
void linear(B& b, typename B::Matrix& z, typename B::Pixels& x,
            const Linear<const typename B::Real>& layer) {
  b.input_gemm(z, x, layer.weight);
}
template <Backend B>
void linear(B& b, typename B::Matrix& z, const typename B::Matrix& x,
            const Linear<const typename B::Real>& layer) {
  b.gemm(z, x.view(), transpose(layer.weight));
}

// dW (+)= dzᵀ x
template <Backend B>
void weight_gradient(B& b, const Linear<typename B::Real>& gradient, const typename B::Matrix& dz,
                     typename B::Pixels& x, bool accumulate) {
  b.input_gradient(gradient.weight, dz, x, accumulate);
}
template <Backend B>
void weight_gradient(B& b, const Linear<typename B::Real>& gradient, const typename B::Matrix& dz,
                     const typename B::Matrix& x, bool accumulate) {
  b.gemm(gradient.weight, transpose(dz.view()), x.view(), accumulate);
}

// a = max(0, x Wᵀ + b). Composed of ops, NaN stays NaN; a fused form may make it 0.
template <Backend B, class Input>
void linear_relu(B& b, typename B::Matrix& a, Input& x,
                 const Linear<const typename B::Real>& layer) {
  if constexpr (requires { b.linear_relu(a, x, layer); }) {
    b.linear_relu(a, x, layer);
  } else {
    linear(b, a, x, layer);
    b.bias_relu(a, layer.bias);
  }
}

// dz = (softmax(x Wᵀ + b) − onehot(y)) / n; the rows' losses and hits.
template <Backend B, class Input>
void linear_loss(B& b, typename B::Matrix& dz, Input& x,
                 const Linear<const typename B::Real>& layer, std::span<const std::uint8_t> y,
                 std::size_t n, std::span<typename B::Real> loss, std::span<std::uint8_t> hit) {
  if constexpr (requires { b.linear_loss(dz, x, layer, y, n, loss, hit); }) {
    b.linear_loss(dz, x, layer, y, n, loss, hit);
  } else {
    linear(b, dz, x, layer);
    b.softmax_cross_entropy(dz, layer.bias, y, n, loss, hit);
  }
}

// The gradient with respect to the layer's input, a hidden layer's activations x = max(0, …):
// dx = dz W where x is positive, else 0.
template <Backend B>
void linear_backward(B& b, typename B::Matrix& dx, const typename B::Matrix& dz,
                     const typename B::Matrix& x, const Linear<const typename B::Real>& layer) {
  if constexpr (requires { b.linear_backward(dx, dz, x, layer); }) {
    b.linear_backward(dx, dz, x, layer);
  } else {
    b.gemm(dx, dz.view(), layer.weight);
    b.relu_backward(dx, x);
  }
}

// dW (+)= dzᵀ x, db (+)= Σ dz
template <Backend B, class Input>
void linear_gradient(B& b, const Linear<typename B::Real>& gradient, const typename B::Matrix& dz,
                     Input& x, bool accumulate) {
  if constexpr (requires { b.linear_gradient(gradient, dz, x, accumulate); }) {
    b.linear_gradient(gradient, dz, x, accumulate);
  } else {
    weight_gradient(b, gradient, dz, x, accumulate);
    b.column_sum(gradient.bias, dz, accumulate);
  }
}

// The update, then the cursor on from a batch of n out of `size`.
template <Backend B>
void update_and_advance(B& b, typename B::template Buffer<typename B::Real>& parameters,
                        const typename B::template Buffer<typename B::Real>& gradient,
                        const OptimizerState<typename B::Real>& state, const Optimizer& optimizer,
                        const typename B::template Buffer<StepCoefficients>& steps,
                        typename B::template Buffer<Cursor>& cursor, std::size_t n,
                        std::size_t size) {
  if constexpr (requires {
                  b.update_and_advance(parameters, gradient, state, optimizer, steps, cursor, n,
                                       size);
                }) {
    b.update_and_advance(parameters, gradient, state, optimizer, steps, cursor, n, size);
  } else {
    b.update(parameters, gradient, state, optimizer, steps, cursor);
    b.advance(cursor, n, size);
  }
}

}  // namespace kilat
