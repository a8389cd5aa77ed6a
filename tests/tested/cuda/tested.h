// What a test program tests: here the CUDA backend, emulated or on a GPU. tests/tested/cpu holds
// its twin.
#pragma once

#include <gtest/gtest.h>

#include <kilat/device.h>

#include "backend/cuda/cuda.h"

namespace kilat {

// With cuBLASLt's epilogues, and with plain products and kernels.
template <bool epilogues>
struct OnCuda {
  using Backend = Cuda;
  static Cuda make() { return Cuda({.epilogues = epilogues}); }
};
using Backends = ::testing::Types<OnCuda<true>, OnCuda<false>>;

// One thread: each kernel launched by itself; more: steps recorded as graphs.
inline Device tested_device(int threads) {
  Device device = choose_device("cuda");
  device.graph = threads > 1;
  return device;
}

}  // namespace kilat
