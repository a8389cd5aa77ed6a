// Each kernel by itself, on a GPU: time by CUDA events with a cold second-level cache, bytes a
// second, and their share of the memory's bandwidth. Arguments are rows and columns.
#include <functional>

#include <benchmark/benchmark.h>
#include <cuda_runtime.h>

#include <kilat/device.h>

#include "backend/cuda/cuda.h"

namespace kilat {
namespace {

// Bytes a second that the memory of the first usable GPU can move.
double memory_bandwidth() {
  for (const Gpu& gpu : gpu_support().gpus) {
    // Two transfers a clock.
    if (gpu.obstacle.empty()) return 2 * gpu.memory_clock_hertz * gpu.memory_bus_bits / 8;
  }
  return 0;
}

struct Bench {
  Stream stream = make_stream();
  DeviceBuffer<std::byte> cache_filler{std::size_t{256} << 20, stream.get()};
  Event begin = make_event(), end = make_event();

  // Times `launch`, which moves `bytes`.
  void run(benchmark::State& state, double bytes, const std::function<void()>& launch) {
    for (auto _ : state) {
      KILAT_CUDA(cudaMemsetAsync(cache_filler.data(), 1, cache_filler.size(), stream.get()));
      KILAT_CUDA(cudaEventRecord(begin.get(), stream.get()));
      launch();
      KILAT_CUDA(cudaEventRecord(end.get(), stream.get()));
      KILAT_CUDA(cudaEventSynchronize(end.get()));
      float milliseconds = 0;
      KILAT_CUDA(cudaEventElapsedTime(&milliseconds, begin.get(), end.get()));
      state.SetIterationTime(milliseconds / 1e3);
    }
    using benchmark::Counter;
    state.counters["bytes"] = Counter(bytes, Counter::kIsIterationInvariantRate);
    state.counters["share"] =
        Counter(bytes / memory_bandwidth(), Counter::kIsIterationInvariantRate);
  }
  DeviceBuffer<float> floats(std::size_t n) { return {n, stream.get()}; }
  DeviceBuffer<std::uint8_t> bytes(std::size_t n) { return {n, stream.get()}; }
};

struct Shape {
  explicit Shape(const benchmark::State& state)
      : rows(static_cast<std::size_t>(state.range(0))),
        columns(static_cast<std::size_t>(state.range(1))),
        size(rows * columns) {}
  std::size_t rows, columns, size;
};

void gather(benchmark::State& state) {
  const Shape s(state);
  Bench b;
  auto x = b.bytes(s.size), y = b.bytes(s.rows);
  const auto pixels = b.bytes(s.size), labels = b.bytes(s.rows);
  DeviceBuffer<std::uint32_t> order(s.rows, b.stream.get());
  DeviceBuffer<std::uint32_t> keys(s.rows, b.stream.get()), sorted(s.rows, b.stream.get()),
      indices(s.rows, b.stream.get());
  DeviceBuffer<std::byte> storage(kernels::shuffle_storage(s.rows), b.stream.get());
  kernels::shuffle(b.stream.get(), order.data(),
                   {keys.data(), sorted.data(), indices.data(), storage.data(), storage.size()},
                   s.rows, 1, 0);
  DeviceBuffer<Cursor> cursor(1, b.stream.get());
  b.run(state, 2.0 * static_cast<double>(s.size), [&] {
    kernels::gather(b.stream.get(), x.data(), y.data(), pixels.data(), labels.data(), order.data(),
                    cursor.data(), 0, s.rows, s.columns);
  });
}

void widen(benchmark::State& state) {
  const Shape s(state);
  Bench b;
  auto x = b.floats(s.size);
  const auto bytes = b.bytes(s.size);
  b.run(state, 5.0 * static_cast<double>(s.size),
        [&] { kernels::widen(b.stream.get(), x.data(), bytes.data(), s.size, 0, 1.0F / 255); });
}

// Columns are units here; images have 784 pixels.
constexpr std::size_t kFeatures = 784;

void exact_linear(benchmark::State& state) {
  const Shape s(state);
  Bench b;
  const auto bytes = b.bytes(s.rows * kFeatures);
  const auto weight = b.floats(s.columns * kFeatures), bias = b.floats(s.columns);
  auto a = b.floats(s.size);
  b.run(state, static_cast<double>(bytes.size() + 4 * (weight.size() + s.size)), [&] {
    kernels::exact_linear(b.stream.get(), a.data(),
                          {bytes.data(), s.rows, kFeatures, 0, 1.0F / 255}, weight.data(),
                          bias.data(), s.columns, {});
  });
}

void exact_gradient(benchmark::State& state) {
  const Shape s(state);
  Bench b;
  const auto bytes = b.bytes(s.rows * kFeatures);
  const auto dz = b.floats(s.size);
  auto weight = b.floats(s.columns * kFeatures), bias = b.floats(s.columns);
  auto scratch = b.floats(kernels::exact_gradient_scratch());
  b.run(state, static_cast<double>(bytes.size() + 4 * (weight.size() + s.size)), [&] {
    kernels::exact_gradient(b.stream.get(), weight.data(), bias.data(), dz.data(),
                            {bytes.data(), s.rows, kFeatures, 0, 1.0F / 255}, s.columns, false,
                            scratch.data());
  });
}

void bias_activation(benchmark::State& state) {
  const Shape s(state);
  Bench b;
  auto z = b.floats(s.size);
  const auto bias = b.floats(s.columns);
  b.run(state, 8.0 * static_cast<double>(s.size), [&] {
    kernels::bias_activation(b.stream.get(), z.data(), bias.data(), s.rows, s.columns, {});
  });
}

void softmax_cross_entropy(benchmark::State& state) {
  const Shape s(state);
  Bench b;
  auto z = b.floats(s.size), loss = b.floats(s.rows);
  const auto bias = b.floats(s.columns);
  auto y = b.bytes(s.rows), hit = b.bytes(s.rows);
  b.run(state, 8.0 * static_cast<double>(s.size), [&] {
    kernels::softmax_cross_entropy(b.stream.get(), z.data(), bias.data(), y.data(), s.rows,
                                   loss.data(), hit.data(), s.rows, s.columns);
  });
}

void activation_backward(benchmark::State& state) {
  const Shape s(state);
  Bench b;
  auto dz = b.floats(s.size);
  const auto a = b.floats(s.size);
  b.run(state, 12.0 * static_cast<double>(s.size),
        [&] { kernels::activation_backward(b.stream.get(), dz.data(), a.data(), s.size, {}); });
}

void column_sum(benchmark::State& state) {
  const Shape s(state);
  Bench b;
  auto sum = b.floats(s.columns), scratch = b.floats(kernels::column_sum_scratch(s.columns));
  const auto dz = b.floats(s.size);
  b.run(state, 4.0 * static_cast<double>(s.size), [&] {
    kernels::column_sum(b.stream.get(), sum.data(), dz.data(), s.rows, s.columns, false,
                        scratch.data());
  });
}

void update(benchmark::State& state) {
  const Shape s(state);
  Bench b;
  auto w = b.floats(s.size), v = b.floats(s.size);
  const auto g = b.floats(s.size);
  DeviceBuffer<StepCoefficients> steps(1, b.stream.get());
  DeviceBuffer<Cursor> cursor(1, b.stream.get());
  DeviceBuffer<kernels::UpdateState> at_rest(1, b.stream.get());
  KILAT_CUDA(cudaMemsetAsync(at_rest.data(), 0xFF, sizeof(unsigned long long), b.stream.get()));
  b.run(state, 20.0 * static_cast<double>(s.size), [&] {
    kernels::update(b.stream.get(), w.data(), g.data(), {{v.data()}}, s.size,
                    {.rule = Rule::nesterov, .weight_decay = 0, .momentum = 0.9F}, steps.data(),
                    cursor.data(), {}, at_rest.data());
  });
}

void add_all(const char* name, void (*bench)(benchmark::State&),
             const std::vector<std::vector<std::int64_t>>& shapes) {
  auto* added = benchmark::RegisterBenchmark(name, bench);
  for (const auto& shape : shapes) added->Args(shape);
  added->UseManualTime()->Unit(benchmark::kMicrosecond);
}

}  // namespace
}  // namespace kilat

int main(int argc, char** argv) {
  using namespace kilat;
  benchmark::Initialize(&argc, argv);
  if (const std::string& obstacle = gpu_support().obstacle; !obstacle.empty()) {
    std::printf("SKIPPED: %s\n", obstacle.c_str());
    return 0;
  }
  add_all("gather", gather, {{32, 784}, {128, 784}, {60000, 784}});
  add_all("widen", widen, {{128, 784}, {8000, 784}, {60000, 784}});
  const std::vector<std::vector<std::int64_t>> first_layers = {
      {32, 128}, {128, 800}, {60000, 10}, {60000, 800}};
  add_all("exact_linear", exact_linear, first_layers);
  add_all("exact_gradient", exact_gradient, first_layers);
  add_all("bias_activation", bias_activation, {{128, 800}, {60000, 10}, {16384, 1024}});
  add_all("softmax_cross_entropy", softmax_cross_entropy,
          {{128, 10}, {60000, 10}, {60000, 100}, {16384, 1000}});
  add_all("activation_backward", activation_backward, {{128, 800}, {60000, 10}, {16384, 1024}});
  add_all("column_sum", column_sum, {{128, 800}, {60000, 10}, {16384, 1000}});
  add_all("update", update, {{10, 784}, {800, 784}, {2048, 2048}});
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
