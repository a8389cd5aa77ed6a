#include "session/peak.h"

#include <algorithm>

#include <fmt/format.h>

#include "backend/cpu/cpu.h"
#include "base/stopwatch.h"

namespace kilat {
namespace {

// The fastest of a few products of n × n matrices. The first one creates the primitive and is not
// counted.
double product_gflops(Cpu& cpu, std::size_t n) {
  auto a = cpu.buffer<float>(n * n), b = cpu.buffer<float>(n * n), c = cpu.buffer<float>(n * n);
  std::fill(a.begin(), a.end(), 0.5F);
  std::fill(b.begin(), b.end(), 0.25F);
  double best = 0;
  constexpr int kRepeats = 3;
  for (int i = 0; i <= kRepeats; ++i) {
    const Stopwatch stopwatch;
    cpu.gemm({c.data(), n, n}, {a.data(), n, n}, {b.data(), n, n}, false);
    const double operations = 2.0 * static_cast<double>(n * n * n);
    if (i > 0) best = std::max(best, operations / stopwatch.seconds() / 1e9);
  }
  return best;
}

Peak cpu_peak(int threads) {
  Cpu cpu(threads);
  constexpr std::size_t kSmall = 1024, kLarge = 1536;
  constexpr double kFast = 50;  // GFLOP/s with which kLarge takes at most a sixth of a second
  double gflops = product_gflops(cpu, kSmall);
  if (gflops > kFast) gflops = std::max(gflops, product_gflops(cpu, kLarge));
  return {gflops, "measured sgemm"};
}

// fp32 operations of a multiprocessor in a clock, a multiply-add being two (CUDA C++ Programming
// Guide, "Throughput of Native Arithmetic Instructions").
double operations_per_clock(const Gpu& gpu) {
  const bool has_64_units = gpu.major == 7 || (gpu.major == 8 && gpu.minor == 0);
  return 2 * (has_64_units ? 64 : 128);
}

Peak gpu_peak(int index) {
  for (const Gpu& gpu : gpu_support().gpus) {
    if (gpu.index != index || gpu.clock_hertz <= 0) continue;
    return {gpu.multiprocessors * operations_per_clock(gpu) * gpu.clock_hertz / 1e9,
            fmt::format("fp32 units at {:.0f} MHz", gpu.clock_hertz / 1e6)};
  }
  return {};
}

}  // namespace

Peak find_peak(const Device& device) {
  switch (device.kind) {
    case Device::Kind::cpu:
      return cpu_peak(device.threads);
    case Device::Kind::cuda:
      return gpu_peak(device.index);
    case Device::Kind::portable:
    case Device::Kind::reference:
      break;
  }
  return {};
}

}  // namespace kilat
