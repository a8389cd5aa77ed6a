#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <optional>

#include <kilat/error.h>
#include <kilat/model_file.h>
#include <kilat/train.h>

#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/json.h"
#include "cli/run_directory.h"
#include "cli/train_options.h"
#include "cli/train_summary.h"
#include "cli/training_data.h"
#include "report/console.h"
#include "train/schedule.h"

namespace kilat {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::optional<Checkpoint> load_resumed(const TrainOptions& options) {
  if (options.resume.empty()) return std::nullopt;
  fs::path file = options.resume;
  if (fs::is_directory(file)) file /= "checkpoint.safetensors";
  return load_checkpoint(file);
}

Network start_network(const TrainOptions& options, const TrainingData& data,
                      const std::optional<Checkpoint>& resumed) {
  if (resumed) return resumed->network;
  if (options.init_from.empty()) return initial_network(options.recipe, data.train);
  return load_model(options.init_from).network;
}

std::size_t expected_evaluations(const Recipe& recipe, RunLength length) {
  const std::size_t every = recipe.eval_iterations != 0
                                ? recipe.eval_iterations
                                : recipe.eval_epochs * length.iterations_per_epoch;
  return length.iterations / every;
}

Console make_console(const TrainOptions& options, const TrainingData& data) {
  const RunLength length = run_length(options.recipe, data.train.size());
  return {stderr,
          {.mode = choose_console_mode(stderr, options.quiet),
           .utf8 = locale_takes_utf8(),
           .expected_evaluations = expected_evaluations(options.recipe, length),
           .samples_per_iteration = static_cast<double>(data.train.size()) /
                                    static_cast<double>(length.iterations_per_epoch),
           .clock = {},
           .width = {}}};
}

TrainingHooks make_hooks(Console& console, const RunDirectory& directory) {
  TrainingHooks hooks;
  hooks.on_evaluation = [&](const Evaluation& e) { console.evaluation(e); };
  hooks.on_progress = [&](std::size_t i, std::size_t total) { console.progress(i, total); };
  hooks.interrupted = Interrupt::requested;
  hooks.on_checkpoint = [&](const Checkpoint& c) { save_checkpoint(c, directory.checkpoint()); };
  return hooks;
}

struct Outcome {
  TrainingResult result;
  Json summary;
};

// One run, with its files written.
Outcome train_once(const TrainOptions& options, const Device& device, const RunDirectory& directory,
                   Clock::time_point start) {
  const std::time_t wall_time = std::time(nullptr);
  const std::optional<Checkpoint> resumed = load_resumed(options);
  const Recipe& recipe = options.recipe;
  const TrainingData data = load_training_data(find_data(options.data), recipe);
  Network network = start_network(options, data, resumed);
  const std::string hash = sha256(data.train);

  Console console = make_console(options, data);
  console.message(start_line(recipe, device, network, data));
  Outcome outcome;
  {
    const Interrupt interrupt;
    const TrainingHooks hooks = make_hooks(console, directory);
    outcome.result = train(recipe, data, std::move(network), device, hooks,
                           resumed ? &*resumed : nullptr);
  }
  console.finish();
  outcome.summary = summarise(recipe, device, data, outcome.result, directory.model().string(),
                              seconds_since(start));
  directory.write({recipe, data, device, outcome.result, outcome.summary, hash,
                   static_cast<double>(wall_time)});
  for (const std::string& warning : outcome.result.warnings) {
    if (!options.quiet) console.message("warning: " + warning);
  }
  return outcome;
}

int exit_code(StopReason reason) {
  if (reason == StopReason::interrupted) return kInterruptedExit;
  const bool failed = reason == StopReason::diverged || reason == StopReason::stuck;
  return failed ? static_cast<int>(Failure::run) : 0;
}

// What a failed or interrupted run says on stderr, whatever --quiet says.
void explain(const TrainingResult& result, const RunDirectory& directory) {
  if (!result.diagnosis.text.empty()) {
    fmt::print(stderr, "kilat: {}\nkilat: the last good weights are in {}\n", result.diagnosis.text,
               directory.model().string());
  }
  if (result.stop_reason == StopReason::interrupted) {
    fmt::print(stderr,
               "kilat: interrupted at iteration {}: the model is in {}, the history in {}\n"
               "kilat: go on with: kilat train --resume {}\n",
               result.iterations, directory.model().string(),
               (directory.path() / "history.csv").string(), directory.path().string());
  }
}

int train_single(TrainOptions options, const Device& device, Clock::time_point start) {
  if (options.run.empty() && fs::is_directory(options.resume)) options.run = options.resume;
  const RunDirectory directory(options.run, options.recipe.name, options.model);
  const Outcome outcome = train_once(options, device, directory, start);
  if (options.json) {
    fmt::print("{}\n", outcome.summary.dump(2));
  } else {
    fmt::print("{}", summary_text(options.recipe, outcome.result, outcome.summary,
                                  directory.path().string()));
  }
  explain(outcome.result, directory);
  return exit_code(outcome.result.stop_reason);
}

int train_seeds(const TrainOptions& options, const Device& device) {
  if (!options.model.empty() || !options.resume.empty()) {
    throw Error("--seeds makes a folder a seed: it does not go with --model or --resume");
  }
  const RunDirectory all(options.run, options.recipe.name, "");
  std::vector<Json> runs;
  int code = 0;
  for (std::size_t i = 0; i < options.seeds && code != kInterruptedExit; ++i) {
    TrainOptions one = options;
    one.recipe.seed += i;
    const RunDirectory directory(all.path() / fmt::format("seed-{}", one.recipe.seed),
                                 one.recipe.name, "");
    Outcome outcome = train_once(one, device, directory, Clock::now());
    explain(outcome.result, directory);
    code = std::max(code, exit_code(outcome.result.stop_reason));
    runs.push_back(std::move(outcome.summary));
  }
  const Json summary = summarise_seeds(runs);
  if (options.json) {
    fmt::print("{}\n", summary.dump(2));
  } else {
    fmt::print("{}", seeds_text(summary));
  }
  return code;
}

int run_train(const TrainParser& parser) {
  const auto start = Clock::now();
  TrainOptions options = parser.options();
  if (options.print_config) {
    fmt::print("{}", TrainParser::toml(options));
    return 0;
  }
  if (const auto resumed = load_resumed(options)) options.recipe = resumed->recipe;
  const Device device = options.device.choose();
  return options.seeds > 1 ? train_seeds(options, device) : train_single(options, device, start);
}

}  // namespace

void add_train(CLI::App& app, Command& chosen) {
  CLI::App* command = app.add_subcommand("train", "train a network and write model and report");
  command->footer(
      "Without options it trains recipe mnist. Options override the recipe and --config:\n"
      "  kilat train --hidden 300,100 --epochs 20 --lr 0.05\n"
      "  kilat train --data /usr/share/datasets/fashion-mnist --seeds 5\n"
      "  kilat train --recipe report --drops 8\n"
      "Results go to stdout, progress to stderr. Ctrl-C finishes the iteration and saves.\n"
      "Exit code 0: done; 1: diverged, stuck or out of memory; 2: bad usage or input;\n"
      "130: interrupted.");
  const auto parser = std::make_shared<TrainParser>(*command);
  command->callback([&chosen, parser] { chosen = [parser] { return run_train(*parser); }; });
}

}  // namespace kilat
