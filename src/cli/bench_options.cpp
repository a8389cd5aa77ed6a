#include "cli/bench_options.h"

#include <fmt/format.h>

#include <kilat/error.h>

#include "cli/number.h"
#include "train/field.h"

namespace kilat {
namespace {

constexpr const char* kGroup = "Measurement";

void add_text(CLI::App& command, const char* name, std::string& text, const char* value,
              const char* help) {
  command.add_option(name, text, help)->group(kGroup)->type_name(value)->take_last();
}

void add_count(CLI::App& command, const char* name, std::size_t& count, std::size_t least,
               const char* help) {
  command
      .add_option_function<std::string>(
          fmt::format("--{}", name),
          [name, &count, least](const std::string& text) {
            count = whole_number<std::size_t>(name, text, least);
          },
          help)
      ->group(kGroup)
      ->type_name("N")
      ->take_last();
}

}  // namespace

BenchOptions::BenchOptions(CLI::App& command) : workload(command) {
  add_count(command, "epochs", plan.epochs, 1,
            "epochs to time; unless given, at least 3 and about 5 seconds' worth");
  add_count(command, "warmup", plan.warmup, 0, "epochs before those timed; 1 unless given");
  add_text(command, "--compare", compare, "A,B", "two devices side by side, such as cpu,cuda");
  add_text(command, "--sweep", sweep, "batch",
           "batch sizes from 32 to full; of two devices, where the second overtakes the first");
  add_text(command, "--until", until, "X",
           "also train by the recipe until this validation (else test) accuracy, such as 0.97");
  device.add_to(command);
  command
      .add_flag("--clocks", clocks,
                "of --engine resident: also the clocks that each part of a step takes")
      ->group(kGroup);
  command
      .add_flag("--json", json,
                "print an array: device, network, batch, samples_per_second, epoch_seconds, "
                "phases, …")
      ->group(kGroup);
}

void BenchOptions::validate() const {
  wanted_accuracy();
  if (!sweep.empty() && sweep != "batch") {
    throw Error(fmt::format("--sweep: '{}' is none of batch", sweep));
  }
  if (!sweep.empty() && workload.gives("batch")) {
    throw Error("--sweep batch tries every batch size: leave out --batch");
  }
  if (!sweep.empty() && !until.empty()) {
    throw Error("--sweep times epochs alone: leave out --until");
  }
  if (clocks && !sweep.empty()) throw Error("--sweep times epochs alone: leave out --clocks");
  if (clocks && workload.recipe().engine != Engine::resident) {
    throw Error("--clocks counts those of the resident engine: add --engine resident");
  }
  if (!compare.empty() && device.device != "auto") {
    throw Error("--compare names both devices: leave out --device");
  }
}

std::optional<double> BenchOptions::wanted_accuracy() const {
  if (until.empty()) return std::nullopt;
  try {
    const auto accuracy = parse_number<double>(until);
    if (accuracy > 0 && accuracy <= 1) return accuracy;
  } catch (const Error&) {  // said below
  }
  throw Error(fmt::format("--until: '{}' is no accuracy above 0 and up to 1, such as 0.97", until));
}

std::vector<Device> BenchOptions::devices() const {
  if (compare.empty()) return {device.choose()};
  const std::size_t comma = compare.find(',');
  if (comma == std::string::npos || compare.find(',', comma + 1) != std::string::npos) {
    throw Error(fmt::format("--compare: '{}' is no pair of devices such as cpu,cuda", compare));
  }
  std::vector<Device> chosen;
  for (const std::string& name : {compare.substr(0, comma), compare.substr(comma + 1)}) {
    DeviceOptions one = device;
    one.device = name;
    chosen.push_back(one.choose());
  }
  if (chosen[0].name == chosen[1].name) {
    throw Error(fmt::format("--compare {}: is the same device twice", compare));
  }
  return chosen;
}

}  // namespace kilat
