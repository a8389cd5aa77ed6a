// The end of a launch.
#pragma once

#include "kernels/cursor.h"
#include "kernels/resident/block.h"

namespace kilat::kernels::resident {

// Whether the run ends with this step. A block that is ahead may have found a fault of the next.
__device__ inline bool ends_with(const Run& run, unsigned step) {
  const volatile unsigned long long* fault = &run.progress->first_fault;
  return static_cast<unsigned>(*fault >> 32) <= step;
}

// Whether the run ended with a loss of this step, or before it. Another block may already have
// found a fault of an update of this step.
__device__ inline bool is_over_before_updates_of(const Run& run, unsigned step) {
  const volatile unsigned long long* fault = &run.progress->first_fault;
  return *fault <= fault_at(step);
}

// The last block to finish moves the cursor on, by `rows` samples a step, or sets its fault.
// Returns true to that block's first thread alone.
__device__ inline bool finish(const Run& run, const Cursor& start, std::size_t rows) {
  __threadfence();
  __syncthreads();
  if (hardware::thread() != 0) return false;
  if (atomicInc(&run.progress->finished, gridDim.x - 1) != gridDim.x - 1) return false;
  const unsigned long long fault = atomicExch(&run.progress->first_fault, ~0ULL);
  if (start.fault != kNoFault) return true;
  const bool faulty = fault != ~0ULL;
  const std::uint64_t steps = faulty ? fault >> 32 : run.steps;
  const std::uint64_t position = start.position + steps * rows;
  run.cursor->step = start.step + steps;
  run.cursor->position = position >= run.size ? 0 : position;
  if (!faulty) return true;
  const auto parameter = static_cast<unsigned>(fault);
  run.cursor->fault = parameter == 0 ? kLossFault : kParameterFault + parameter - 1;
  return true;
}

}  // namespace kilat::kernels::resident
