// The one exchange of a step: each block knows the logits' parts of its own units, and afterwards
// the gradients of all logits. Within a cluster every block gets all parts and works out the same
// gradients. Else a row has an owner, which gets its parts and gives its gradients to all, by words
// in global memory that carry their step.
#pragma once

#include "kernels/resident/softmax.h"

namespace kilat::kernels::resident {

// Calls f(row, output, sum) for the parts of the logits that the block's units make.
template <class F>
__device__ void each_part(const Run& run, const Block& block, const Batch& batch, const F& f) {
  const unsigned outputs = run.shape.outputs;
  for (unsigned at = block.thread(); at < batch.rows * outputs; at += kMultiplyThreads) {
    const unsigned row = at / outputs, k = at % outputs;
    const float part = logit_part(run, block, row, k);
    // Others learn of this block's fault by the loss.
    f(row, k, *block.has_fault() != 0 ? float_of(0x7fc00000) : part);
  }
}

// Keeps a gradient of the logits. NaN is a loss that is not finite: updates end.
__device__ inline void keep_gradient(const Run& run, const Block& block, const Batch& batch,
                                     unsigned row, unsigned k, float gradient) {
  block.logit_gradients()[row * run.shape.output_stride() + k] = gradient;
  if (gradient == gradient) return;
  atomicExch(block.silent(), 1U);
  atomicMin(&run.progress->first_fault, fault_at(batch.number));
}

__device__ inline unsigned label_of(const Run& run, const Block& block, const Batch& batch,
                                    unsigned row) {
  return block.labels()[buffer_of(run, batch, row / kPiece) * kPiece + row % kPiece];
}

}  // namespace kilat::kernels::resident
