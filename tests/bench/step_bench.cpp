// Whole training steps: arguments are samples, hidden units (0: none), batch (0: full), threads.
#include <benchmark/benchmark.h>

#include "session/devices.h"
#include "step/trainer.h"
#include "train/schedule.h"
#include "train/tiny.h"

namespace kilat {
namespace {

void step(benchmark::State& state) {
  const Dataset data = stripes(static_cast<std::size_t>(state.range(0)), 784, 10, 1);
  Recipe recipe;
  if (state.range(1) != 0) recipe.hidden = {static_cast<std::size_t>(state.range(1))};
  recipe.batch = static_cast<std::size_t>(state.range(2));
  recipe.epochs = 1'000'000;
  recipe.iterations = 1'000'000;
  recipe.learning_rate = 0.01F;
  const Network start = initial_network(recipe, data);
  const auto rates = learning_rates(recipe, run_length(recipe, data.size()));
  const Device device = tested_device(static_cast<int>(state.range(3)));
  const auto trainer = make_trainer(device, start, {&data, {&data}}, recipe, rates);
  for (auto _ : state) trainer->step();
  const auto rows = recipe.batch == 0 ? state.range(0) : state.range(2);
  state.SetItemsProcessed(state.iterations() * rows);
}

BENCHMARK(step)
    ->Args({8000, 10, 0, 2})
    ->Args({60000, 10, 0, 2})
    ->Args({60000, 512, 128, 2})
    ->Args({60000, 800, 128, 2})
    ->Args({60000, 128, 32, 2})
    ->Unit(benchmark::kMicrosecond)
    ->UseRealTime();

}  // namespace
}  // namespace kilat
