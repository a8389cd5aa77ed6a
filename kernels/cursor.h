// The cursor, as device code moves it and sets its fault.
#pragma once

#include <cstdint>

#include <cuda_runtime.h>

#include "backend/types.h"

namespace kilat::kernels {

// An infinity less itself is NaN, as is a NaN.
inline __device__ bool is_finite(float x) { return x - x == 0; }

// The first fault stays.
inline __device__ void set_fault(Cursor* cursor, unsigned long long fault) {
  static_assert(sizeof cursor->fault == sizeof fault);
  atomicCAS(reinterpret_cast<unsigned long long*>(&cursor->fault),
            static_cast<unsigned long long>(kNoFault), fault);
}

// On to the batch after one of `rows`, or to the first one at the end of the set.
inline __device__ void move_on(Cursor* cursor, std::uint64_t rows, std::uint64_t size) {
  cursor->step += 1;
  const std::uint64_t position = cursor->position + rows;
  cursor->position = position >= size ? 0 : position;
}

}  // namespace kilat::kernels
