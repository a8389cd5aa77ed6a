// What a test program tests: here the CPU backend. tests/tested/cuda holds its twin.
#pragma once

#include <gtest/gtest.h>

#include <kilat/device.h>

#include "backend/cpu/cpu.h"

namespace kilat {

template <int threads>
struct OnCpu {
  using Backend = Cpu;
  static Cpu make() { return Cpu(threads); }
};
using Backends = ::testing::Types<OnCpu<1>, OnCpu<2>, OnCpu<3>>;

inline Device tested_device(int threads) { return choose_device("cpu", threads); }

}  // namespace kilat
