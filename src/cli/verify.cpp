#include <algorithm>
#include <memory>
#include <numeric>

#include <fmt/format.h>

#include <kilat/error.h>

#include "cli/commands.h"
#include "cli/device_options.h"
#include "cli/number.h"
#include "cli/output.h"
#include "cli/workload_options.h"
#include "session/devices.h"
#include "verify/lockstep.h"
#include "verify/verify_report.h"

namespace kilat {
namespace {

struct VerifyOptions {
  explicit VerifyOptions(CLI::App& command) : workload(command) {}

  WorkloadOptions workload;
  DeviceOptions device;
  std::size_t steps = 20;
  bool json = false;
};

// The device whose results the tested device is compared with.
Device choose_truth(const Device& tested) {
  if (tested.kind == Device::Kind::reference) {
    throw Error(
        "--device reference: the others are compared with it; use cpu, cuda, portable or auto");
  }
  const bool slow = tested.kind == Device::Kind::cuda;  // as the reference is
  return choose_device(slow ? "cpu" : "reference", tested.threads);
}

// The first samples of the validation data, else of the test data, else of the training data. A few
// are enough, and the reference is slow.
Dataset evaluated_samples(const TrainingData& data) {
  constexpr std::size_t kSamples = 1000;
  const Dataset& from = !data.validation.empty() ? data.validation
                        : !data.test.empty()     ? data.test
                                                 : data.train;
  std::vector<std::size_t> first(std::min(kSamples, from.size()));
  std::iota(first.begin(), first.end(), std::size_t{0});
  return subset(from, first);
}

int run_verify(const VerifyOptions& options) {
  Device device = options.device.choose();
  const Device against = choose_truth(device);
  Workload work = options.workload.load();
  engine_text(device, work.recipe);  // throws if the device has no such engine
  choose_engine(device, work);
  const Dataset evaluated = evaluated_samples(work.data);
  const auto tested = make_session(work, device, options.steps, {&evaluated});
  const auto truth = make_session(work, against, options.steps, {&evaluated});
  const bool exact = against.kind == Device::Kind::reference;
  const Precision precision = recipe_for(device, work.recipe).precision;
  const LockstepResult result = run_in_lockstep({*tested, *truth, exact, Rounding::of(precision)},
                                                work, evaluated, options.steps);
  const VerifyReport report{work, device, against, result};
  if (options.json) {
    print_json(verify_json(report));
  } else {
    print_result(verify_text(report));
  }
  return result.within() ? 0 : static_cast<int>(Failure::run);
}

}  // namespace

void add_verify(CLI::App& app, Command& chosen) {
  CLI::App* command = app.add_subcommand("verify", "hold a device's training to another's");
  command->footer(
      "Takes the same steps on both devices, a GPU beside the CPU, or the CPU beside the\n"
      "double-precision reference, and compares every tensor after every step; each step begins\n"
      "with the same numbers on both. The tolerance is what rounding explains, element by "
      "element.\n"
      "  kilat verify --device cpu --hidden 300,100\n"
      "Exit code 0: all within tolerance; 1: not, or the run diverged; 2: bad usage or input.");
  const auto options = std::make_shared<VerifyOptions>(*command);
  command
      ->add_option_function<std::string>(
          "--steps",
          [options](const std::string& text) {
            options->steps = whole_number<std::size_t>("steps", text, 1);
          },
          "steps to compare; 20 unless given")
      ->group("Output")
      ->type_name("N")
      ->take_last();
  options->device.add_to(*command);
  command
      ->add_flag("--json", options->json,
                 "print one object: passed, tensors, evaluation, first_out_of_tolerance")
      ->group("Output");
  command->callback([&chosen, options] { chosen = [options] { return run_verify(*options); }; });
}

}  // namespace kilat
