// KILAT_EVERYWHERE: a function of numbers that host and device share, inlined on both.
#pragma once

#if defined(__CUDACC__)
#define KILAT_EVERYWHERE __host__ __device__ inline
#else
#define KILAT_EVERYWHERE __attribute__((always_inline)) inline
#pragma GCC diagnostic ignored "-Wpsabi"  // of vectors, where all is inlined
#endif
