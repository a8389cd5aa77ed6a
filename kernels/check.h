// CUDA's errors as exceptions, and when they are looked for.
#pragma once

#include <cuda_runtime.h>

namespace kilat {

// Throws Error with the call, its place and CUDA's own words. Out of memory and the like are
// Failure::run, as everything that CUDA reports while a run is under way.
[[noreturn]] void throw_cuda_error(cudaError_t error, const char* call, const char* file, int line);

namespace kernels {

// True: waits after each launch, so that a fault shows where it happened.
inline bool synchronous_launches = false;

}  // namespace kernels
}  // namespace kilat

#define KILAT_CUDA(call)                                                 \
  do {                                                                   \
    const cudaError_t kilat_error = (call);                              \
    if (kilat_error != cudaSuccess) {                                    \
      ::kilat::throw_cuda_error(kilat_error, #call, __FILE__, __LINE__); \
    }                                                                    \
  } while (false)
