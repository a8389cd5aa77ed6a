// Turns CUDA's errors into exceptions.
#pragma once

#include <cuda_runtime.h>

namespace kilat {

// Throws Error (Failure::run) with the call, its place in the source and CUDA's own message.
[[noreturn]] void throw_cuda_error(cudaError_t error, const char* call, const char* file, int line);

namespace kernels {

// If true, waits after each launch, so that an error is reported at the launch that caused it.
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
