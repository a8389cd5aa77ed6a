// What a test program tests: here the CUDA backend, emulated or on a GPU. tests/tested/cpu holds
// its twin.
#pragma once

#include <gtest/gtest.h>

#include <kilat/device.h>

#include "backend/cuda/cuda.h"
#include "backend/cuda/portable_cuda.h"

namespace kilat {

// With cuBLASLt's epilogues, with plain products and kernels, and with bytes on tensor cores.
template <bool epilogues, bool exact_bytes>
struct OnCuda {
  using Backend = Cuda;
  static Cuda make() { return Cuda({.epilogues = epilogues, .exact_bytes = exact_bytes}); }
};
// With the arithmetic of Portable.
struct OnPortableCuda {
  using Backend = PortableCuda;
  static PortableCuda make() { return PortableCuda(CudaOptions{}); }
};
// What implements an op that treats each number by itself; an op that sums; a product with bytes or
// with its bias; and of the last, those as accurate as fp32 for each weight by itself.
using Backends = ::testing::Types<OnCuda<true, false>>;
using SumBackends = ::testing::Types<OnCuda<true, false>, OnPortableCuda>;
using Fp32Backends =
    ::testing::Types<OnCuda<true, false>, OnCuda<false, false>, OnCuda<true, true>>;
using InputBackends =
    ::testing::Types<OnCuda<true, false>, OnCuda<false, false>, OnCuda<true, true>, OnPortableCuda>;

// One thread: each kernel launched by itself; more: steps recorded as graphs.
inline Device tested_device(int threads) {
  Device device = choose_device("cuda");
  device.graph = threads > 1;
  return device;
}

}  // namespace kilat
