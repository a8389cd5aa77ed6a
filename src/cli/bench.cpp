#include <algorithm>
#include <memory>
#include <optional>

#include <fmt/format.h>

#include "bench/batch_sweep.h"
#include "bench/bench_json.h"
#include "bench/bench_text.h"
#include "bench/process_age.h"
#include "cli/bench_options.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "report/format.h"
#include "session/devices.h"

namespace kilat {
namespace {

void bench_devices(const BenchOptions& o, std::vector<Device> devices, Workload& work) {
  const double startup = process_age();
  const std::optional<double> accuracy = o.wanted_accuracy();
  if (accuracy) held_out_part(work.data);  // throws before anything takes time
  std::vector<BenchResult> results;
  for (Device& device : devices) {
    choose_engine(device, work);
    results.push_back({measure(work, device, o.plan, startup), {}});
    if (accuracy) results.back().until = time_to_accuracy(work, device, *accuracy);
  }
  if (!o.json) return print_result(bench_text(work, results, o.clocks));
  Json all = Json::array();
  for (const BenchResult& result : results) all.push_back(bench_json(work, result));
  print_json(all);
}

// Prints as it goes, a line a batch size; with --json nothing, but fills `all`.
void run_sweep(const BenchOptions& o, std::vector<Device> devices, Workload& work, Json& all) {
  const auto print = [&](const std::string& text) {
    if (o.json) return;
    print_result(text);
    flush_results();
  };
  MeasurementPlan plan = o.plan;
  plan.least_epochs = 2;
  plan.seconds = 0.5;
  const std::size_t samples = work.data.train.size();
  const Engine asked = work.recipe.engine;
  std::vector<std::string> names;
  print(fmt::format("{}: {} on {} samples\n", work.recipe.name, work.network.text(), samples));
  for (const Device& device : devices) {
    names.push_back(device.name);
    print(device_text(device) + '\n');
  }
  print('\n' + sweep_header(names));
  std::vector<SweepPoint> points;
  for (const std::size_t batch : sweep_batches(samples)) {
    work.recipe.batch = batch;
    work.recipe.engine = asked;
    points.push_back({batch, {}});
    for (Device& device : devices) {
      choose_engine(device, work);
      const BenchResult result{measure_epochs(work, device, plan), {}};
      points.back().samples_per_second.push_back(result.measurement.samples_per_second);
      all.push_back(bench_json(work, result));
    }
    print(sweep_line(points.back(), batch == samples));
  }
  if (names.size() == 2) print('\n' + overtaking_text(points, names) + '\n');
}

int run_bench(const BenchOptions& o) {
  o.validate();
  const std::vector<Device> devices = o.devices();
  Workload work = o.workload.load();
  const auto is_gpu = [](const Device& d) { return d.kind == Device::Kind::cuda; };
  // Throws where --engine has no effect.
  if (std::none_of(devices.begin(), devices.end(), is_gpu)) engine_text(devices[0], work.recipe);
  if (!o.sweeps()) {
    bench_devices(o, devices, work);
    return 0;
  }
  Json all = Json::array();
  run_sweep(o, devices, work, all);
  if (o.json) print_json(all);
  return 0;
}

}  // namespace

void add_bench(CLI::App& app, Command& chosen) {
  CLI::App* command = app.add_subcommand("bench", "measure how fast devices train");
  command->footer(
      "Times epochs of training, without evaluation, at a constant learning rate:\n"
      "  kilat bench --hidden 800 --batch 1024\n"
      "  kilat bench --compare cpu,cuda --until 0.97\n"
      "  kilat bench --compare cpu,cuda --sweep batch\n"
      "What the figures mean: docs/benchmarking.md.");
  const auto options = std::make_shared<BenchOptions>(*command);
  command->callback([&chosen, options] { chosen = [options] { return run_bench(*options); }; });
}

}  // namespace kilat
