#include <cmath>

#include "backend/reference/reference.h"

namespace kilat {
namespace {

struct DoubleArithmetic {
  using Number = double;
  static double broadcast(float x) { return x; }
  static double multiply_add(double a, double b, double c) { return a * b + c; }
  static double root(double x) { return std::sqrt(x); }
};

}  // namespace

void Reference::update(Buffer<double>& parameters, const Buffer<double>& gradient,
                       const OptimizerState<double>& state, const Optimizer& optimizer,
                       const Buffer<StepCoefficients>& steps, Buffer<Cursor>& cursor) const {
  Cursor& c = cursor[0];
  if (c.fault != kNoFault) return;
  const StepCoefficients step = steps[c.step];
  with_rule(optimizer.rule, [&]<Rule rule>() {
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      double numbers[kMostState] = {};
      for (std::size_t k = 0; k < state_blocks(rule); ++k) numbers[k] = state.block[k][i];
      const double next = next_parameter<rule, DoubleArithmetic>(parameters[i], gradient[i],
                                                                 numbers, optimizer, step);
      for (std::size_t k = 0; k < state_blocks(rule); ++k) state.block[k][i] = numbers[k];
      if (std::isfinite(next)) {
        parameters[i] = next;
      } else if (c.fault == kNoFault) {
        c.fault = kParameterFault + i;
      }
    }
  });
}

}  // namespace kilat
