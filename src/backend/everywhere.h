// KILAT_EVERYWHERE marks a small function that host and device code share, inlined in both;
// KILAT_CALLS_EITHER before it, one that calls what its caller gives it, of host or device.
#pragma once

#if defined(__CUDACC__)
#define KILAT_EVERYWHERE __host__ __device__ inline
#define KILAT_CALLS_EITHER _Pragma("nv_exec_check_disable")
#else
#define KILAT_EVERYWHERE __attribute__((always_inline)) inline
#define KILAT_CALLS_EITHER
#pragma GCC diagnostic ignored "-Wpsabi"  // of vectors, where all is inlined
#endif
