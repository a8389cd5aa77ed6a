// The forms: the operations on a layer, and at the end of a step, that step.h calls. Each is a
// sequence of ops or, where the backend's kFused declares it, the backend's own fused member of the
// same name and arguments.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include "backend/backend.h"

namespace kilat {

// Whether a backend fuses a form for this kind of input.
template <Backend B, class Input>
constexpr bool is_fused(Fused form) {
  return std::is_same_v<Input, typename B::Pixels> ? form.bytes : form.activations;
}

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

// a = f(x Wᵀ + b). The ops keep a NaN; a fused form may turn it into 0.
template <Backend B, class Input>
void linear_activation(B& b, typename B::Matrix& a, Input& x,
                       const Linear<const typename B::Real>& layer, const Activation& f) {
  if constexpr (is_fused<B, Input>(B::kFused.linear_activation)) {
    b.linear_activation(a, x, layer, f);
  } else {
    linear(b, a, x, layer);
    b.bias_activation(a, layer.bias, f);
  }
}

// dz = (softmax(x Wᵀ + b) − onehot(y)) / n; the rows' losses and hits.
template <Backend B, class Input>
void linear_loss(B& b, typename B::Matrix& dz, Input& x,
                 const Linear<const typename B::Real>& layer, std::span<const std::uint8_t> y,
                 std::size_t n, std::span<typename B::Real> loss, std::span<std::uint8_t> hit) {
  if constexpr (is_fused<B, Input>(B::kFused.linear_loss)) {
    b.linear_loss(dz, x, layer, y, n, loss, hit);
  } else {
    linear(b, dz, x, layer);
    b.softmax_cross_entropy(dz, layer.bias, y, n, loss, hit);
  }
}

// The gradient with respect to the pre-activations of the layer before, whose activations x = f(…)
// are this layer's input: dx = f' · dz W.
template <Backend B>
void linear_backward(B& b, typename B::Matrix& dx, const typename B::Matrix& dz,
                     const typename B::Matrix& x, const Linear<const typename B::Real>& layer,
                     const Activation& f) {
  if constexpr (B::kFused.linear_backward) {
    b.linear_backward(dx, dz, x, layer, f);
  } else {
    b.gemm(dx, dz.view(), layer.weight);
    b.activation_backward(dx, x, f);
  }
}

// dW (+)= dzᵀ x, db (+)= Σ dz
template <Backend B, class Input>
void linear_gradient(B& b, const Linear<typename B::Real>& gradient, const typename B::Matrix& dz,
                     Input& x, bool accumulate) {
  if constexpr (is_fused<B, Input>(B::kFused.linear_gradient)) {
    b.linear_gradient(gradient, dz, x, accumulate);
  } else {
    weight_gradient(b, gradient, dz, x, accumulate);
    b.column_sum(gradient.bias, dz, accumulate);
  }
}

// Updates the parameters, then advances the cursor past a batch of n of the set's `size` samples.
template <Backend B>
void update_and_advance(B& b, typename B::template Buffer<typename B::Real>& parameters,
                        const typename B::template Buffer<typename B::Real>& gradient,
                        const OptimizerState<typename B::Real>& state, const Optimizer& optimizer,
                        const typename B::template Buffer<StepCoefficients>& steps,
                        typename B::template Buffer<Cursor>& cursor, std::size_t n,
                        std::size_t size) {
  if constexpr (B::kFused.update_and_advance) {
    b.update_and_advance(parameters, gradient, state, optimizer, steps, cursor, n, size);
  } else {
    b.update(parameters, gradient, state, optimizer, steps, cursor);
    b.advance(cursor, n, size);
  }
}

}  // namespace kilat
