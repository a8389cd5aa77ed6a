#include "backend/plain_loops.h"

#include <cmath>
#include <type_traits>

#include "backend/arithmetic.h"

namespace kilat {
namespace {

struct DoubleArithmetic {
  using Number = double;
  static double broadcast(float x) { return x; }
  static double multiply_add(double a, double b, double c) { return a * b + c; }
  static double root(double x) { return std::sqrt(x); }
};

template <class Real>
using Arithmetic =
    std::conditional_t<std::is_same_v<Real, double>, DoubleArithmetic, FloatArithmetic>;

}  // namespace

template <class Real>
void PlainLoops<Real>::augment(Images& to, const Images& from, const AugmentedEpoch& epoch) const {
  const std::size_t features = epoch.features();
  for (std::size_t i = 0; i < from.size() / features; ++i) {
    augment_image(to.data() + i * features, from.data() + i * features, epoch, i);
  }
}

template <class Real>
void PlainLoops<Real>::bias_activation(Matrix& z, std::span<const Real> bias,
                                       const Activation& f) const {
  with_activation(f.kind, [&]<ActivationKind kind>() {
    for (std::size_t i = 0; i < z.rows(); ++i) {
      for (std::size_t j = 0; j < z.columns(); ++j) {
        Real& a = z.row(i)[j];
        a = activate<kind>(a + bias[j], Real{f.slope});
      }
    }
  });
}

template <class Real>
void PlainLoops<Real>::activation_backward(Matrix& dz, const Matrix& a, const Activation& f) const {
  with_activation(f.kind, [&]<ActivationKind kind>() {
    for (std::size_t i = 0; i < dz.rows(); ++i) {
      for (std::size_t j = 0; j < dz.columns(); ++j) {
        Real& d = dz.row(i)[j];
        d = activation_gradient<kind>(d, a.row(i)[j], Real{f.slope});
      }
    }
  });
}

template <class Real>
void PlainLoops<Real>::mark_active(std::span<std::uint8_t> active, const Matrix& a) const {
  for (std::size_t i = 0; i < a.rows(); ++i) {
    for (std::size_t j = 0; j < a.columns(); ++j) {
      if (a.row(i)[j] > 0) active[j] = 1;
    }
  }
}

template <class Real>
void PlainLoops<Real>::sum_blocks(std::span<Buffer<Real>> blocks, std::size_t n) const {
  for (std::size_t k = 1; k < n; ++k) {
    for (std::size_t i = 0; i < blocks[0].size(); ++i) blocks[0][i] += blocks[k][i];
  }
}

template <class Real>
void PlainLoops<Real>::update(Buffer<Real>& parameters, const Buffer<Real>& gradient,
                              const OptimizerState<Real>& state, const Optimizer& optimizer,
                              const Buffer<StepCoefficients>& steps, Buffer<Cursor>& cursor) const {
  Cursor& c = cursor[0];
  if (c.fault != kNoFault) return;
  const StepCoefficients step = steps[c.step];
  with_rule(optimizer.rule, [&]<Rule rule>() {
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      Real numbers[kMostState] = {};
      for (std::size_t k = 0; k < state_blocks(rule); ++k) numbers[k] = state.block[k][i];
      const Real next = next_parameter<rule, Arithmetic<Real>>(parameters[i], gradient[i], numbers,
                                                               optimizer, step);
      for (std::size_t k = 0; k < state_blocks(rule); ++k) state.block[k][i] = numbers[k];
      if (std::isfinite(next)) {
        parameters[i] = next;
      } else if (c.fault == kNoFault) {
        c.fault = kParameterFault + i;
      }
    }
  });
}

template class PlainLoops<float>;
template class PlainLoops<double>;

}  // namespace kilat
