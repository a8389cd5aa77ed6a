#include "verify/tolerance.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "step/optimizer.h"
#include "verify/sample_errors.h"

namespace kilat {
namespace {

// Errors of the gradient, summed over the samples of a batch; laid out as Network::parameters.
struct GradientErrors {
  std::vector<double> magnitude;  // of the terms
  std::vector<double> variance;   // from errors of the terms
  std::vector<double> jump;       // from the activations' kinks (LayerErrors::dz_jump)

  explicit GradientErrors(std::size_t size) : magnitude(size), variance(size), jump(size) {}

  // dW += dz xᵀ, db += dz of one sample
  void add(const LinearShape& s, const LayerErrors& e) {
    for (std::size_t j = 0; j < s.out; ++j) {
      const double dz = std::abs(e.dz[j]);
      if (dz == 0 && e.dz_variance[j] == 0 && e.dz_jump[j] == 0) continue;
      const std::size_t row = s.weight + j * s.in;
      for (std::size_t i = 0; i < s.in; ++i) {
        magnitude[row + i] += dz * e.x_magnitude[i];
        variance[row + i] += e.dz_variance[j] * square(e.x[i]) + square(dz) * e.x_variance[i];
      }
      magnitude[s.bias + j] += dz;
      variance[s.bias + j] += e.dz_variance[j];
      if (e.dz_jump[j] == 0) continue;
      for (std::size_t i = 0; i < s.in; ++i) jump[row + i] += e.dz_jump[j] * e.x_magnitude[i];
      jump[s.bias + j] += e.dz_jump[j];
    }
  }
};

GradientErrors gradient_errors(const StepStart& start, Rounding rounding) {
  const std::vector<LinearShape> shapes = start.network.shapes();
  SampleErrors sample(start.network, rounding);
  GradientErrors sum(start.network.parameters.size());
  for (const std::uint32_t i : start.batch) {
    sample.forward(start.data.image(i));
    sample.backward(start.labels[i], start.batch.size());
    for (std::size_t l = 0; l < shapes.size(); ++l) sum.add(shapes[l], sample.layers()[l]);
  }
  return sum;
}

// Bounds on a number's magnitude and on its error.
struct Bounded {
  double size = 0;
  double off = 0;
};

// sgd_move and adam_move follow a rule's formula (backend/optimizer.h) for parameter i. Each line
// has at most two roundings, and one more where the truth is rounded to float. They return what the
// rate is multiplied by, and set the tolerances of the state.
Bounded sgd_move(const Optimizer& o, Bounded gradient, const StepStart& start, std::size_t i,
                 StepTolerance& tolerance) {
  constexpr double u = Rounding::kUnit;
  if (o.rule == Rule::sgd) return gradient;
  Bounded velocity;
  velocity.size = o.momentum * std::abs(double{start.optimizer[0][i]}) + gradient.size;
  velocity.off = gradient.off + 3 * u * velocity.size + Rounding::kFlush;
  tolerance.optimizer[0][i] = velocity.off;
  if (o.rule == Rule::momentum) return velocity;
  const double size = gradient.size + o.momentum * velocity.size;
  return {size, gradient.off + o.momentum * velocity.off + 2 * u * size};
}

// (1 − β₂) g² is a part of the second moment v, so v bounds |g|. The divisor is bounded from below
// with v minus its error.
Bounded adam_move(const Optimizer& o, const StepCoefficients& step, Bounded gradient,
                  const StepStart& start, std::size_t i, StepTolerance& tolerance) {
  constexpr double u = Rounding::kUnit;
  const double m = std::abs(double{start.after->optimizer[0][i]});
  const double v = start.after->optimizer[1][i];
  const double g = std::min(gradient.size, std::sqrt(v / (1 - double{o.momentum2})));
  const double before = std::abs(double{start.optimizer[0][i]});
  const double m_off =
      (1 - o.momentum) * gradient.off + 4 * u * (g + before) + 2 * Rounding::kFlush;
  const double v_off =
      (1 - o.momentum2) * (2 * g + gradient.off) * gradient.off + 5 * u * v + 2 * Rounding::kFlush;
  tolerance.optimizer[0][i] = m_off;
  tolerance.optimizer[1][i] = v_off;
  const auto divisor = [&](double second) {
    return std::sqrt(second) * step.inverse_root + o.epsilon;
  };
  const double least = divisor(std::max(v - v_off, 0.0)) * (1 - 4 * u);
  return {m / divisor(v), m_off / least + m * (1 / least - 1 / divisor(v)) + 2 * u * m / least};
}

}  // namespace

StepTolerance step_tolerance(const StepStart& start, const Recipe& recipe, Rounding rounding) {
  constexpr double u = Rounding::kUnit;
  constexpr std::size_t kNormalisation = 2;
  const GradientErrors errors = gradient_errors(start, rounding);
  const std::size_t n = start.batch.size();
  const double sum = rounding.sum(n + kNormalisation);
  const double flush = static_cast<double>(n) * square(Rounding::kFlush);
  const Optimizer optimizer = optimizer_of(recipe);
  const StepCoefficients step = step_coefficients(optimizer, recipe.learning_rate, start.step);
  StepTolerance tolerance;
  tolerance.parameters.resize(errors.magnitude.size());
  tolerance.optimizer.assign(state_blocks(optimizer.rule),
                             std::vector<double>(errors.magnitude.size()));
  const auto settle = [&](std::size_t i) {
    const double w = std::abs(double{start.network.parameters[i]});
    const double variance = errors.variance[i] + square(sum * errors.magnitude[i]) + flush;
    const double magnitude = errors.magnitude[i] + recipe.weight_decay * w;
    const Bounded gradient = {magnitude, Rounding::kDeviations * std::sqrt(variance) +
                                             errors.jump[i] + 2 * u * magnitude};
    const Bounded move = optimizer.rule == Rule::adam
                             ? adam_move(optimizer, step, gradient, start, i, tolerance)
                             : sgd_move(optimizer, gradient, start, i, tolerance);
    tolerance.parameters[i] =
        step.rate * move.off + 3 * u * (w + step.rate * move.size) + Rounding::kFlush;
  };
  for (const LinearShape& s : start.network.shapes()) {
    for (std::size_t i = 0; i < s.out * s.in; ++i) settle(s.weight + i);
    for (std::size_t j = 0; j < s.out; ++j) settle(s.bias + j);
  }
  return tolerance;
}

// A row's loss is log Σ exp(z − max) − (z_y − max): off by the errors of two logits, and by the
// roundings of exp, sum, logarithm and differences.
EvaluationTolerance evaluation_tolerance(const Network& network, const Dataset& data,
                                         std::span<const std::uint8_t> labels, Rounding rounding) {
  constexpr double kRoundings = 8;
  SampleErrors sample(network, rounding);
  EvaluationTolerance tolerance;
  double variance = 0, roundings = 0, total = 0;
  for (std::size_t i = 0; i < data.size(); ++i) {
    sample.forward(data.image(i));
    std::vector<double> z = sample.logits();
    const double deviation = 2 * sample.logit_deviation();
    const double loss = log_sum_exp(z) - z[labels[i]];
    variance += square(deviation);
    roundings += kRoundings + static_cast<double>(z.size()) + 3 * loss;
    total += loss;
    const double wanted = std::exchange(z[labels[i]], -std::numeric_limits<double>::infinity());
    const double margin = wanted - *std::max_element(z.begin(), z.end());
    if (std::abs(margin) <= Rounding::kDeviations * deviation) ++tolerance.hits;
  }
  const auto n = static_cast<double>(data.size());
  tolerance.loss =
      (Rounding::kDeviations * (std::sqrt(variance) + rounding.sum(data.size()) * total) +
       roundings * Rounding::kUnit) /
      n;
  return tolerance;
}

}  // namespace kilat
