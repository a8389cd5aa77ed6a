// Loops that the compiler vectorises for several kinds of CPU.
#pragma once

// Compiles a function for AVX2 and AVX-512 too; the loader picks. Sanitizers dislike its resolvers.
#if defined(__x86_64__) && defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
#define KILAT_VECTORISED \
  __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define KILAT_VECTORISED
#endif
