// Optimizers for tests, and their state as numbers.
#pragma once

#include <vector>

#include "backend/optimizer.h"
#include "ops/op_test.h"

namespace kilat {

// Each rule, with and without its coefficients.
inline const std::vector<Optimizer> kOptimizers = {
    {.rule = Rule::sgd},
    {.rule = Rule::sgd, .weight_decay = 0.1F},
    {.rule = Rule::momentum, .momentum = 0.9F},
    {.rule = Rule::momentum, .weight_decay = 0.01F, .momentum = 0.5F},
    {.rule = Rule::nesterov, .momentum = 0.9F},
    {.rule = Rule::adam, .momentum = 0.9F, .momentum2 = 0.999F, .epsilon = 1e-3F},
    {.rule = Rule::adam,
     .weight_decay = 0.1F,
     .momentum = 0.5F,
     .momentum2 = 0.75F,
     .epsilon = 1e-2F},
    {.rule = Rule::nesterov, .weight_decay = 0.1F, .momentum = 0.9F}};
constexpr Optimizer kPlain = {};
constexpr Optimizer kMomentum = {.rule = Rule::momentum, .momentum = 0.9F};

using Blocks = std::vector<Values>;  // of an optimizer's state

// Blocks of `size` numbers for the rule, as it leaves them: what is squared is not negative.
inline Blocks random_state(Rule rule, std::size_t size, unsigned seed) {
  Blocks blocks;
  for (unsigned k = 0; k < state_blocks(rule); ++k) {
    blocks.push_back(random_values(size, seed + 100 * k));
    if (k > 0) {
      for (double& x : blocks.back()) x = std::abs(x);
    }
  }
  return blocks;
}

// Blocks on a device.
template <class B>
struct StateOn {
  using Buffer = typename B::template Buffer<typename B::Real>;
  std::vector<Buffer> buffers;

  StateOn(B& b, const Blocks& blocks) {
    for (const Values& values : blocks) buffers.push_back(buffer_of(b, values));
  }
  OptimizerState<typename B::Real> pointers() {
    OptimizerState<typename B::Real> state;
    for (std::size_t k = 0; k < buffers.size(); ++k) state.block[k] = buffers[k].data();
    return state;
  }
  Blocks values(B& b) const {
    Blocks blocks;
    for (const Buffer& buffer : buffers) {
      const auto of_device = values_of<typename B::Real>(b, buffer);
      blocks.emplace_back(of_device.begin(), of_device.end());
    }
    return blocks;
  }
};

// The coefficients of three steps on a device, of which step 1's count.
template <class B>
auto steps_of(B& b, float rate) {
  const std::vector<StepCoefficients> steps = {{.rate = 99}, {.rate = rate}, {.rate = 77}};
  auto buffer = b.template buffer<StepCoefficients>(steps.size());
  b.upload(std::span<const StepCoefficients>(steps), buffer);
  return buffer;
}

}  // namespace kilat
