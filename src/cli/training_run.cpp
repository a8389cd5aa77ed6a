#include "cli/training_run.h"

#include <ctime>
#include <functional>
#include <future>
#include <utility>

#include <fmt/format.h>

#include <kilat/error.h>
#include <kilat/model_file.h>

#include "cli/interrupt.h"
#include "cli/output.h"
#include "cli/train_summary.h"
#include "report/console.h"
#include "session/devices.h"
#include "train/memory.h"
#include "train/schedule.h"
#include "train/training_data.h"

namespace kilat {
namespace {

Network start_network(const TrainOptions& options, const Dataset& train,
                      const std::optional<Checkpoint>& resumed) {
  if (resumed) return resumed->network;
  if (!options.init_from.empty()) return load_model(options.init_from).network;
  require_memory(options.recipe, train);
  return initial_network(options.recipe, train);
}

Console make_console(const TrainOptions& options, const TrainingData& data) {
  const RunLength length = run_length(options.recipe, data.train.size());
  return {stderr,
          {.mode = choose_console_mode(stderr, options.quiet),
           .utf8 = locale_takes_utf8(),
           .expected_evaluations = length.iterations / evaluation_interval(options.recipe, length),
           .samples_per_iteration = static_cast<double>(data.train.size()) /
                                    static_cast<double>(length.iterations_per_epoch),
           .clock = {},
           .width = {}}};
}

// `announce` is called before the first step, and often after that.
TrainingHooks make_hooks(RunOutput& output, const RunDirectory& directory,
                         const std::function<void()>& announce) {
  TrainingHooks hooks;
  hooks.on_evaluation = [&](const Evaluation& e) { output.evaluation(e); };
  hooks.on_progress = [&](std::size_t i, std::size_t total) { output.progress(i, total); };
  hooks.interrupted = [&] {
    announce();
    return Interrupt::requested();
  };
  hooks.on_checkpoint = [&](const Checkpoint& c) { save_checkpoint(c, directory.checkpoint()); };
  return hooks;
}

}  // namespace

TrainingOutcome train_and_write(TrainOptions options, Device device,
                                const std::optional<Checkpoint>& resumed, Stopwatch clock,
                                RunOutput* output) {
  const std::time_t wall_time = std::time(nullptr);
  Recipe& recipe = options.recipe;
  const TrainingData data = load_training_data(find_data(options.data), recipe);
  // 47 MB of MNIST take 40 ms, which pass while the session is set up.
  std::future<Json> hashed = std::async(std::launch::async, data_json, std::cref(data));
  Network network = start_network(options, data.train, resumed);
  if (!resumed) {
    choose_engine(device, recipe, network, data.train.size());
  } else if (recipe.engine == Engine::automatic) {
    device.engine_reason = "as the run began";
  }
  Console own = make_console(options, data);
  RunOutput& console = output == nullptr ? own : *output;
  TrainingOutcome outcome{{}, {}, {options.run, recipe.name, options.model}};

  // Announced only once train() has accepted data and network: an error prints just one line.
  const std::size_t first_iteration = resumed ? resumed->iteration : 0;
  std::string line = start_line(recipe, device, network, data);
  const auto announce = [&] {
    if (line.empty()) return;
    console.message(std::exchange(line, {}));
    console.progress(first_iteration, run_length(recipe, data.train.size()).iterations);
  };
  outcome.result =
      train(recipe, data, std::move(network), device,
            make_hooks(console, outcome.directory, announce), resumed ? &*resumed : nullptr);
  announce();
  console.finish();
  for (const std::string& warning : outcome.result.warnings) {
    console.message("warning: " + warning);
  }
  outcome.summary = summarise(recipe, device, data, outcome.result,
                              outcome.directory.model().string(), clock.seconds());
  outcome.directory.write({recipe, data, device, outcome.result, outcome.summary, hashed.get(),
                           static_cast<double>(wall_time)});
  return outcome;
}

void choose_engine(TrainOptions& options, Device& device) {
  if (device.kind != Device::Kind::cuda || options.recipe.engine != Engine::automatic) return;
  const Dataset train = load_training_data(find_data(options.data), options.recipe).train;
  const Network network = start_network(options, train, std::nullopt);
  choose_engine(device, options.recipe, network, train.size());
}

void explain(const TrainOptions& options, const TrainingOutcome& outcome) {
  const TrainingResult& result = outcome.result;
  const RunDirectory& directory = outcome.directory;
  if (!result.diagnosis.text.empty()) {
    print_note(result.diagnosis.text);
    print_note(fmt::format("the last good weights are in {}", directory.model().string()));
  }
  if (result.stop_reason == StopReason::interrupted) {
    print_note(fmt::format("interrupted at iteration {}: the model is in {}, the history in {}",
                           result.iterations, directory.model().string(),
                           (directory.path() / "history.csv").string()));
    print_note("go on with: " + resume_command(options, directory.path().string()));
  }
}

int exit_code(StopReason reason) {
  if (reason == StopReason::interrupted) return kInterruptedExit;
  const bool failed = reason == StopReason::diverged || reason == StopReason::stuck;
  return failed ? static_cast<int>(Failure::run) : 0;
}

}  // namespace kilat
