// The products of a step: arguments are m, n, k and the threads.
#include <benchmark/benchmark.h>

#include "backend/cpu/cpu.h"

namespace kilat {
namespace {

void gemm(benchmark::State& state, bool a_transposed, bool b_transposed) {
  const auto m = static_cast<std::size_t>(state.range(0));
  const auto n = static_cast<std::size_t>(state.range(1));
  const auto k = static_cast<std::size_t>(state.range(2));
  Cpu cpu(static_cast<int>(state.range(3)));
  auto a = cpu.buffer<float>(m * k), b = cpu.buffer<float>(k * n), c = cpu.buffer<float>(m * n);
  std::fill(a.begin(), a.end(), 0.5F);
  std::fill(b.begin(), b.end(), 0.25F);
  for (auto _ : state) {
    cpu.gemm({c.data(), m, n}, {a.data(), m, k, a_transposed}, {b.data(), k, n, b_transposed},
             false);
    benchmark::ClobberMemory();
  }
  state.counters["FLOP/s"] = benchmark::Counter(2.0 * static_cast<double>(m * n * k),
                                                benchmark::Counter::kIsIterationInvariantRate);
}

void forward(benchmark::State& state) { gemm(state, false, true); }
void weight_gradient(benchmark::State& state) { gemm(state, true, false); }

BENCHMARK(forward)
    ->Args({128, 512, 784, 2})
    ->Args({128, 10, 512, 2})
    ->Args({256, 10, 784, 1})
    ->UseRealTime();
BENCHMARK(weight_gradient)
    ->Args({512, 784, 128, 2})
    ->Args({10, 512, 128, 2})
    ->Args({10, 784, 256, 1})
    ->UseRealTime();

}  // namespace
}  // namespace kilat
