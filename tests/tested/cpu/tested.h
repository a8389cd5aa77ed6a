// What a test program tests: here the CPU backend, and the portable one. tests/tested/cuda holds
// its twin.
#pragma once

#include <gtest/gtest.h>

#include <kilat/device.h>

#include "backend/cpu/cpu.h"
#include "backend/portable/portable.h"

namespace kilat {

template <int threads>
struct OnCpu {
  using Backend = Cpu;
  static Cpu make() { return Cpu(threads); }
};
struct OnPortable {
  using Backend = Portable;
  static Portable make() { return Portable(); }
};
// Those whose first layer is as accurate as fp32 for each weight by itself, and all; the twin
// distinguishes more.
using Fp32Backends = ::testing::Types<OnCpu<1>, OnCpu<2>, OnCpu<3>>;
using Backends = ::testing::Types<OnCpu<1>, OnCpu<2>, OnCpu<3>, OnPortable>;
using SumBackends = Backends;
using InputBackends = Backends;

inline Device tested_device(int threads) { return choose_device("cpu", threads); }

}  // namespace kilat
