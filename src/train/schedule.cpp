#include "train/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include <fmt/format.h>

#include <kilat/error.h>

namespace kilat {
namespace {

constexpr std::size_t kMaxIterations = std::size_t{1} << 28;

double scheduled(const Recipe& recipe, RunLength length, std::size_t i) {
  switch (recipe.schedule) {
    case Schedule::constant:
      return recipe.learning_rate;
    case Schedule::cosine: {
      const double t = static_cast<double>(i) / static_cast<double>(length.iterations);
      return recipe.learning_rate * (1 + std::cos(std::numbers::pi * t)) / 2;
    }
    case Schedule::step: {
      const std::size_t drops = i / length.iterations_per_epoch / recipe.step_epochs;
      return recipe.learning_rate * std::pow(double{recipe.gamma}, static_cast<double>(drops));
    }
  }
  return recipe.learning_rate;
}

}  // namespace

RunLength run_length(const Recipe& recipe, std::size_t samples) {
  const std::size_t batch = batch_size(recipe, samples);
  RunLength length;
  length.iterations_per_epoch = (samples + batch - 1) / batch;
  const bool endless = recipe.epochs > kMaxIterations / length.iterations_per_epoch;
  length.iterations = endless ? kMaxIterations + 1 : recipe.epochs * length.iterations_per_epoch;
  if (recipe.iterations != 0) length.iterations = std::min(length.iterations, recipe.iterations);
  if (length.iterations > kMaxIterations) {
    throw Error(fmt::format("a run is at most {} iterations: lower --epochs or --iterations",
                            kMaxIterations));
  }
  return length;
}

std::size_t steps_in_short_time(std::size_t parameters, std::size_t batch) {
  // Parameters times samples, of which each is three products: 52 GFLOP, a quarter of a second on
  // the two cores of docs/design.md.
  constexpr std::size_t kWork = std::size_t{1} << 33;
  return std::max<std::size_t>(kWork / parameters / batch, 1);
}

std::size_t evaluation_interval(const Recipe& recipe, RunLength length) {
  if (recipe.eval_iterations != 0) return recipe.eval_iterations;
  // Clamped so that the product cannot overflow: an interval longer than any run means never.
  return std::min(recipe.eval_epochs, kMaxIterations) * length.iterations_per_epoch;
}

std::vector<float> learning_rates(const Recipe& recipe, RunLength length) {
  std::vector<float> rates(length.iterations);
  for (std::size_t i = 0; i < length.iterations; ++i) {
    double rate = scheduled(recipe, length, i);
    if (i < recipe.warmup_iterations) {
      rate *= static_cast<double>(i + 1) / static_cast<double>(recipe.warmup_iterations);
    }
    rates[i] = static_cast<float>(rate);
  }
  return rates;
}

}  // namespace kilat
