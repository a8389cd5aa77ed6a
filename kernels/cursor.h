// Device functions that advance the cursor and set its fault.
#pragma once

#include <cstdint>

#include <cuda_runtime.h>

#include "backend/types.h"

namespace kilat::kernels {

// x − x is NaN if x is infinite or NaN.
inline __device__ bool is_finite(float x) { return x - x == 0; }

// Sets the fault unless one is set already.
inline __device__ void set_fault(Cursor* cursor, unsigned long long fault) {
  static_assert(sizeof cursor->fault == sizeof fault);
  atomicCAS(reinterpret_cast<unsigned long long*>(&cursor->fault),
            static_cast<unsigned long long>(kNoFault), fault);
}

// Advances past a batch of `rows` rows; wraps to the first batch at the end of the set.
inline __device__ void move_on(Cursor* cursor, std::uint64_t rows, std::uint64_t size) {
  cursor->step += 1;
  const std::uint64_t position = cursor->position + rows;
  cursor->position = position >= size ? 0 : position;
}

}  // namespace kilat::kernels
