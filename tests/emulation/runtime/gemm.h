// One product of cuBLAS, with its arguments read.
#pragma once

#include <cstddef>

#include "runtime/matmul.h"

namespace emulation {

// c = alpha a b + beta c
struct Gemm {
  Matrix a, b, c;  // a and b as they are multiplied
  Scalar alpha, beta;
  Rounding rounding;
  void* workspace;
  std::size_t workspace_bytes;
  const char* call;

  // Fails for pointers that lead outside their allocations, or into each other.
  bool check() const;
  void run() const;
};

}  // namespace emulation
