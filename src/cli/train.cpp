#include <filesystem>
#include <memory>
#include <optional>

#include <fmt/format.h>

#include <kilat/error.h>
#include <kilat/train.h>

#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/output.h"
#include "cli/seeds.h"
#include "cli/train_options.h"
#include "cli/train_summary.h"
#include "cli/training_run.h"

namespace kilat {
namespace {

namespace fs = std::filesystem;

bool is_folder(const std::string& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

std::optional<Checkpoint> load_resumed(const std::string& run) {
  if (run.empty()) return std::nullopt;
  if (!is_folder(run)) return load_checkpoint(run);
  const fs::path file = fs::path(run) / "checkpoint.safetensors";
  if (std::error_code ignored; !fs::exists(file, ignored)) {
    throw Error(
        fmt::format("--resume {}: holds no checkpoint.safetensors: no interrupted run, or "
                    "one that was finished since",
                    run));
  }
  return load_checkpoint(file);
}

int train_single(TrainOptions options, const Device& device, Stopwatch clock) {
  const std::optional<Checkpoint> resumed = load_resumed(options.resume);
  if (resumed) options.recipe = resumed->recipe;
  if (options.run.empty() && is_folder(options.resume)) options.run = options.resume;
  const TrainingOutcome outcome = train_and_write(options, device, resumed, clock);
  explain(options, outcome);
  if (options.json) {
    print_json(outcome.summary);
  } else {
    print_result(summary_text(options.recipe, outcome.result, outcome.summary,
                              outcome.directory.path().string()));
  }
  return exit_code(outcome.result.stop_reason);
}

int run_train(const TrainParser& parser) {
  const Stopwatch clock;
  const TrainOptions options = parser.options();
  if (options.print_config) {
    print_result(TrainParser::toml(options));
    return 0;
  }
  const Device device = options.device.choose();
  const Interrupt interrupt;
  return options.seeds > 1 ? train_seeds(options, device) : train_single(options, device, clock);
}

}  // namespace

void add_train(CLI::App& app, Command& chosen) {
  CLI::App* command = app.add_subcommand("train", "train a network and write model and report");
  command->footer(
      "Without options it trains recipe mnist. Options override --config, which overrides the "
      "recipe:\n"
      "  kilat train --hidden 300,100 --epochs 20 --lr 0.05\n"
      "  kilat train --data fashion-mnist --seeds 5\n"
      "  kilat train --recipe report --drops 8\n"
      "  kilat train --print-config > my.toml; kilat train --config my.toml\n"
      "Results go to stdout, progress to stderr. Ctrl-C finishes the iteration and saves; a "
      "second\n"
      "one ends the program at once.\n"
      "Exit code 0: done; 1: diverged, stuck, out of memory or disk full; 2: bad usage or input;\n"
      "130: interrupted.");
  const auto parser = std::make_shared<TrainParser>(*command);
  command->callback([&chosen, parser] { chosen = [parser] { return run_train(*parser); }; });
}

}  // namespace kilat
