// KILAT_EVERYWHERE marks a small function that host and device code share, inlined in both.
#pragma once

#if defined(__CUDACC__)
#define KILAT_EVERYWHERE __host__ __device__ inline
#else
#define KILAT_EVERYWHERE __attribute__((always_inline)) inline
#pragma GCC diagnostic ignored "-Wpsabi"  // of vectors, where all is inlined
#endif
