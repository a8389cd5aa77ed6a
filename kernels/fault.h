// Faults, as device code finds and sets them.
#pragma once

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

}  // namespace kilat::kernels
