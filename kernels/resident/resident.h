// The resident engine: many training steps in one launch. The blocks of a run own the hidden units
// (those of full batches own rows: full_batch.h); a unit's weights stay in its block's shared
// memory from the first step to the last. In each step blocks exchange the logits' parts of their
// units, and then all know the loss. The arithmetic is docs/arithmetic.md's: the bits of Portable,
// with any number of blocks.
#pragma once

#include <cstddef>
#include <cstdint>

#include <cuda_runtime.h>

#include "backend/activation.h"
#include "backend/optimizer.h"
#include "backend/types.h"
#include "kernels/resident/shape.h"

namespace kilat::kernels::resident {

// Where a network's tensors begin within its block of parameters.
struct Offsets {
  std::size_t hidden_weight, hidden_bias, output_weight, output_bias;
};

// What the blocks of a launch share; each launch leaves it at its initial values.
struct Progress {
  unsigned long long first_fault = ~0ULL;  // as fault_at; ~0: none
  unsigned finished = 0;                   // blocks
};

// A fault of a step of the launch: of a loss, or of the parameter with this index. The smaller
// number is the earlier one.
KILAT_EVERYWHERE constexpr unsigned long long fault_at(unsigned step,
                                                       std::size_t parameter = ~std::size_t{0}) {
  return static_cast<unsigned long long>(step) << 32 | (parameter + 1);
}

// A run of `steps` steps on the batches from `cursor` on, all of one epoch.
struct Run {
  Shape shape;
  Layout layout;
  Optimizer optimizer;
  Activation activation;
  float shift, scale;  // of the normalisation
  // Where blocks form no cluster, words carry values from one to another: those of step s have the
  // tag `tag` + s, which no earlier launch used.
  unsigned tag;
  std::size_t steps;
  Offsets offsets;
  float* parameters;
  OptimizerState<float> state;
  const std::uint8_t* images;  // [size, features]
  const std::uint8_t* labels;  // [size]
  const std::uint32_t* order;  // [size]; null: 0, 1, 2, …
  std::size_t size;
  const StepCoefficients* coefficients;
  Cursor* cursor;
  Progress* progress;
  std::uint64_t* parts;      // words: [2, blocks, rows, outputs]
  std::uint64_t* gradients;  // words: [2, rows, outputs]
  long long* clocks;         // of each part, added to [kStepParts]; null: they are not counted
};

Figures figures(int device);
void launch(cudaStream_t stream, const Run& run);

}  // namespace kilat::kernels::resident
