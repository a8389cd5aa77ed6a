// The optimizer's rule on numbers in shared memory.
#pragma once

#include "kernels/cursor.h"
#include "kernels/resident/block.h"

namespace kilat::kernels::resident {

// The optimizer's rule on a number, whose state s is state_of(s). The number keeps its value where
// it would become non-finite, which is a fault of the parameter with this index; then returns
// false.
template <Rule rule, class F>
__device__ bool update_number(const Run& run, unsigned step, const StepCoefficients& coefficients,
                              float& at, const F& state_of, float gradient, std::size_t index) {
  constexpr unsigned kBlocks = state_blocks(rule);
  float state[kMostState] = {};
  for (unsigned s = 0; s != kBlocks; ++s) state[s] = state_of(s);
  const float next =
      next_parameter<rule, FloatArithmetic>(at, gradient, state, run.optimizer, coefficients);
  for (unsigned s = 0; s != kBlocks; ++s) state_of(s) = state[s];
  if (is_finite(next)) {
    at = next;
    return true;
  }
  atomicMin(&run.progress->first_fault, fault_at(step, index));
  return false;
}

// The rule on the parameter with this index, in global memory.
template <Rule rule>
__device__ void update_parameter(const Run& run, unsigned step, const StepCoefficients& now,
                                 float gradient, std::size_t index) {
  const auto state_of = [&](unsigned s) -> float& { return run.state.block[s][index]; };
  update_number<rule>(run, step, now, run.parameters[index], state_of, gradient, index);
}

// The update of a step.
struct Update {
  const Run& run;
  Block block;
  unsigned step;  // of the launch
  StepCoefficients coefficients;

  __device__ Update(const Run& r, const Block& b, const Cursor& start, unsigned number)
      : run(r), block(b), step(number), coefficients(r.coefficients[start.step + number]) {}

  // On a number whose blocks of state lie `stride` numbers apart behind it.
  template <Rule rule>
  __device__ void number(float& at, unsigned stride, float gradient, std::size_t index) const {
    const auto state_of = [&](unsigned s) -> float& { return (&at)[(s + 1) * stride]; };
    if (update_number<rule>(run, step, coefficients, at, state_of, gradient, index)) return;
    atomicExch(block.has_fault(), 1U);
  }
};

}  // namespace kilat::kernels::resident
