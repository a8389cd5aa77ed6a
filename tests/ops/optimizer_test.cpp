// The rules are those of torch.optim: stated here once more, as its documentation has them. All
// backends share their text, so that no backend can hold another to it.
#include "backend/optimizer.h"

#include <cmath>

#include <gtest/gtest.h>

#include "ops/optimizers.h"
#include "step/optimizer.h"

namespace kilat {
namespace {

constexpr float kRate = 0.125F;

struct Doubles {
  using Number = double;
  static double broadcast(float x) { return x; }
  static double multiply_add(double a, double b, double c) { return a * b + c; }
  static double root(double x) { return std::sqrt(x); }
};

double gradient_of_step(int t) { return std::sin(3.0 * t) - 0.25; }

// The parameter after `steps` steps from w.
double descended(const Optimizer& o, double w, int steps) {
  double state[kMostState] = {};
  for (int t = 1; t <= steps; ++t) {
    with_rule(o.rule, [&]<Rule rule>() {
      const auto step = step_coefficients(o, kRate, static_cast<std::size_t>(t - 1));
      w = next_parameter<rule, Doubles>(w, gradient_of_step(t), state, o, step);
    });
  }
  return w;
}

// https://pytorch.org/docs/stable/generated/torch.optim.SGD.html, maximize and dampening left out.
double torch_sgd(const Optimizer& o, double theta, int steps) {
  double b = 0;
  for (int t = 1; t <= steps; ++t) {
    double g = gradient_of_step(t);
    if (o.weight_decay != 0) g += o.weight_decay * theta;
    if (o.momentum != 0) {
      b = t > 1 ? o.momentum * b + g : g;
      g = o.rule == Rule::nesterov ? g + o.momentum * b : b;
    }
    theta -= kRate * g;
  }
  return theta;
}

// https://pytorch.org/docs/stable/generated/torch.optim.Adam.html, amsgrad and maximize left out.
double torch_adam(const Optimizer& o, double theta, int steps) {
  double m = 0, v = 0;
  for (int t = 1; t <= steps; ++t) {
    double g = gradient_of_step(t);
    if (o.weight_decay != 0) g += o.weight_decay * theta;
    m = o.momentum * m + (1 - o.momentum) * g;
    v = o.momentum2 * v + (1 - o.momentum2) * g * g;
    const double m_hat = m / (1 - std::pow(o.momentum, t));
    const double v_hat = v / (1 - std::pow(o.momentum2, t));
    theta -= kRate * m_hat / (std::sqrt(v_hat) + o.epsilon);
  }
  return theta;
}

TEST(OptimizerTest, DescendsAsTorchDoes) {
  for (const Optimizer& o : kOptimizers) {
    for (const double start : {-1.5, 0.0, 2.0}) {
      for (int steps = 1; steps <= 5; ++steps) {
        const double wanted =
            o.rule == Rule::adam ? torch_adam(o, start, steps) : torch_sgd(o, start, steps);
        EXPECT_NEAR(descended(o, start, steps), wanted, o.rule == Rule::adam ? 1e-6 : 1e-12)
            << static_cast<int>(o.rule) << ", decay " << o.weight_decay << ", " << steps;
      }
    }
  }
}

// What the first layer's rows of zeros are left out for.
TEST(OptimizerTest, SaysWhetherAParameterRestsWithoutAGradient) {
  for (const Optimizer& o : kOptimizers) {
    double state[kMostState];
    for (double& x : state) x = 0.5;
    double next = 0;
    with_rule(o.rule, [&]<Rule rule>() {
      next = next_parameter<rule, Doubles>(0.75, 0, state, o, {.rate = kRate});
    });
    EXPECT_EQ(next == 0.75, leaves_at_rest(o)) << static_cast<int>(o.rule);
  }
}

}  // namespace
}  // namespace kilat
