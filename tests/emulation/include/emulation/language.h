// What CUDA adds to C++, said in C++: the qualifiers and the variables that name a thread.
#pragma once

#include "emulation/vector_types.h"

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline __attribute__((always_inline))
#define __launch_bounds__(...)
#define __grid_constant__
#define __align__(bytes) __attribute__((aligned(bytes)))

// A __shared__ variable is thread_local: the thread-local image of the object that holds the
// kernels is one block's shared memory. A guard stands before each variable, and what is written
// into it is found at the next barrier. So that object must have no thread_local of its own.
// An alignment is written after the word, as `__shared__ __align__(16) float tile[256];`: before
// it, it would be the first statement's, which does not compile.
#define __shared__                                                           \
  ::emulation::use_shared_memory();                                          \
  thread_local ::emulation::Guard EMULATION_NAME(emulation_guard_, __LINE__) \
      __attribute__((used, aligned(1)));                                     \
  thread_local
#define EMULATION_NAME(name, line) EMULATION_JOIN(name, line)
#define EMULATION_JOIN(name, line) name##line

namespace emulation {

struct Guard {
  unsigned char bytes[512];
};

// Poisons the block's shared memory before its first use.
void use_shared_memory();

}  // namespace emulation

#define EMULATION_OF_THREAD extern constinit thread_local __attribute__((tls_model("initial-exec")))

EMULATION_OF_THREAD uint3 threadIdx;
EMULATION_OF_THREAD uint3 blockIdx;
EMULATION_OF_THREAD dim3 blockDim;
EMULATION_OF_THREAD dim3 gridDim;
inline constexpr int warpSize = 32;

#undef EMULATION_OF_THREAD
