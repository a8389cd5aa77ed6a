#include "cli/seeds.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <filesystem>
#include <future>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <kilat/error.h>

#include "cli/interrupt.h"
#include "cli/output.h"
#include "cli/train_summary.h"
#include "cli/training_run.h"

namespace kilat {
namespace {

// Of runs by seed; empty for those that an interruption left out.
struct Runs {
  explicit Runs(std::size_t seeds) : summaries(seeds), codes(seeds, 0) {}

  std::vector<std::optional<Json>> summaries;
  std::vector<int> codes;  // exit codes
};

TrainOptions of_seed(const TrainOptions& options, const OutputFolder& folder, std::size_t i) {
  TrainOptions one = options;
  one.recipe.seed += i;
  one.run = folder.path() / fmt::format("seed-{}", one.recipe.seed);
  return one;
}

void keep(Runs& runs, std::size_t i, const TrainingOutcome& outcome) {
  runs.summaries[i] = outcome.summary;
  runs.codes[i] = exit_code(outcome.result.stop_reason);
}

void train_in_turn(Runs& runs, const TrainOptions& options, const Device& device,
                   const OutputFolder& folder) {
  for (std::size_t i = 0; i < options.seeds && !Interrupt::requested(); ++i) {
    const TrainOptions one = of_seed(options, folder, i);
    const TrainingOutcome outcome = train_and_write(one, device, std::nullopt, Stopwatch());
    explain(one, outcome);
    keep(runs, i, outcome);
  }
}

// How many runs train at once. On the CPU they have one thread each: threads of one run wait for
// each other in every step, those of several runs do not; but a last round that leaves a third of
// them idle is slower. On a GPU the resident engine's launches take a part of its multiprocessors
// each (docs/gpu.md), and those that find no room wait.
std::size_t runs_at_once(const TrainOptions& options, const Device& device) {
  const std::size_t seeds = options.seeds;
  if (device.kind == Device::Kind::cuda && options.recipe.engine == Engine::resident) {
    constexpr std::size_t kOnGpu = 16;
    return std::min(seeds, kOnGpu);
  }
  if (device.kind != Device::Kind::cpu) return 1;
  const auto threads = static_cast<std::size_t>(device.threads);
  const std::size_t rounds = (seeds + threads - 1) / threads;
  const bool is_quicker = 2 * rounds * threads <= 3 * seeds;
  return is_quicker ? std::min(seeds, threads) : 1;
}

Device device_of_one(const TrainOptions& options, const Device& device) {
  if (device.kind != Device::Kind::cpu) return device;
  DeviceOptions on_one_thread = options.device;
  on_one_thread.threads = 1;
  return on_one_thread.choose();
}

// What several runs at once show: a line when one begins or ends, a bar for all of them.
class SharedConsole {
 public:
  // `first` stands before the first run's first line: a run that is refused prints just its error.
  SharedConsole(bool quiet, std::size_t runs, std::string first)
      : console_(stderr, {.mode = choose_console_mode(stderr, quiet),
                          .utf8 = locale_takes_utf8(),
                          .clock = {},
                          .width = {}}),
        iterations_(runs),
        first_(std::move(first)) {}

  void message(std::string_view line) {
    const std::lock_guard lock(mutex_);
    if (!first_.empty()) console_.message(std::exchange(first_, {}));
    console_.message(line);
  }
  void progress(std::size_t run, std::size_t iteration, std::size_t total) {
    const std::lock_guard lock(mutex_);
    all_iterations_ += iteration - iterations_[run];
    iterations_[run] = iteration;
    console_.progress(all_iterations_, total * iterations_.size());
  }
  // Calls what writes to stderr by itself.
  template <class F>
  void without_bar(const F& f) {
    const std::lock_guard lock(mutex_);
    console_.finish();
    f();
  }

 private:
  std::mutex mutex_;
  Console console_;
  std::vector<std::size_t> iterations_;  // of each run
  std::size_t all_iterations_ = 0;
  std::string first_;
};

class OneOfSeveral : public RunOutput {
 public:
  OneOfSeveral(SharedConsole& console, std::size_t run, std::uint64_t seed)
      : console_(console), run_(run), seed_(seed) {}

  void message(std::string_view line) override {
    console_.message(fmt::format("seed {}: {}", seed_, line));
  }
  void evaluation(const Evaluation& /*evaluation*/) override {}
  void progress(std::size_t iteration, std::size_t total) override {
    total_ = total;
    console_.progress(run_, iteration, total);
  }
  // One that has stopped early has no more to do.
  void finish() override {
    if (total_ > 0) console_.progress(run_, total_, total_);
  }

 private:
  SharedConsole& console_;
  std::size_t run_;
  std::uint64_t seed_;
  std::size_t total_ = 0;  // iterations
};

void train_at_once(Runs& runs, const TrainOptions& options, const Device& all,
                   const OutputFolder& folder, std::size_t at_once) {
  const Device device = device_of_one(options, all);
  const bool on_cpu = device.kind == Device::Kind::cpu;
  SharedConsole console(options.quiet, options.seeds,
                        fmt::format("{} seeds, {} at once{}", options.seeds, at_once,
                                    on_cpu ? ", each with the bits of --threads 1" : ""));
  std::atomic<std::size_t> next = 0;
  const auto train_some = [&] {
    for (std::size_t i; (i = next++) < options.seeds && !Interrupt::requested();) {
      const TrainOptions one = of_seed(options, folder, i);
      OneOfSeveral output(console, i, one.recipe.seed);
      const TrainingOutcome outcome =
          train_and_write(one, device, std::nullopt, Stopwatch(), &output);
      output.message(outcome_text(outcome.summary));
      console.without_bar([&] { explain(one, outcome); });
      keep(runs, i, outcome);
    }
  };
  std::vector<std::future<void>> workers;
  for (std::size_t t = 0; t < at_once; ++t) {
    workers.push_back(std::async(std::launch::async, train_some));
  }
  for (const auto& worker : workers) worker.wait();
  console.without_bar([] {});
  for (auto& worker : workers) worker.get();  // throws what ended it
}

}  // namespace

int train_seeds(TrainOptions options, Device device) {
  if (!options.model.empty() || !options.resume.empty()) {
    throw Error("--seeds makes a folder a seed: leave out --model and --resume");
  }
  const Stopwatch clock;
  const OutputFolder folder = make_run_folder(options.run, options.recipe.name);
  choose_engine(options, device);
  const std::size_t at_once = runs_at_once(options, device);
  Runs runs(options.seeds);
  if (at_once > 1) {
    train_at_once(runs, options, device, folder, at_once);
  } else {
    train_in_turn(runs, options, device, folder);
  }
  std::vector<Json> summaries;
  for (const auto& summary : runs.summaries) {
    if (summary) summaries.push_back(*summary);
  }
  if (summaries.empty()) return kInterruptedExit;
  const Json summary = summarise_seeds(summaries, at_once, clock.seconds());
  if (options.json) {
    print_json(summary);
  } else {
    print_result(seeds_text(summary));
  }
  const int code = *std::max_element(runs.codes.begin(), runs.codes.end());
  return Interrupt::requested() ? kInterruptedExit : code;
}

}  // namespace kilat
