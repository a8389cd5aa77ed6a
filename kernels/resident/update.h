// The optimizer's rule on numbers in shared memory.
#pragma once

#include "kernels/cursor.h"
#include "kernels/resident/block.h"

namespace kilat::kernels::resident {

// The update of a step.
struct Update {
  const Run& run;
  Block block;
  unsigned step;  // of the launch
  StepCoefficients coefficients;

  __device__ Update(const Run& r, const Block& b, const Cursor& start, unsigned number)
      : run(r), block(b), step(number), coefficients(r.coefficients[start.step + number]) {}

  // The rule on a number whose blocks of state lie `stride` numbers apart behind it. It keeps its
  // value where it would become non-finite, which is a fault of the parameter with this index.
  template <Rule rule>
  __device__ void number(float& at, unsigned stride, float gradient, std::size_t index) const {
    constexpr unsigned kBlocks = state_blocks(rule);
    float state[kMostState] = {};
    for (unsigned s = 0; s != kBlocks; ++s) state[s] = (&at)[(s + 1) * stride];
    const float next =
        next_parameter<rule, FloatArithmetic>(at, gradient, state, run.optimizer, coefficients);
    for (unsigned s = 0; s != kBlocks; ++s) (&at)[(s + 1) * stride] = state[s];
    if (is_finite(next)) {
      at = next;
      return;
    }
    atomicExch(block.has_fault(), 1U);
    atomicMin(&run.progress->first_fault, fault_at(step, index));
  }
};

}  // namespace kilat::kernels::resident
