#include "bench/measurement.h"

#include <charconv>
#include <cstdlib>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include <kilat/error.h>

#include "base/stopwatch.h"
#include "bench/flops.h"

namespace kilat {
namespace {

// The data sets that a run evaluates beside the training data.
std::vector<const Dataset*> evaluated_sets(const TrainingData& data) {
  std::vector<const Dataset*> sets;
  for (const Dataset* set : {&data.validation, &data.test}) {
    if (!set->empty()) sets.push_back(set);
  }
  return sets;
}

// The GPU's index in NVML; empty if CUDA_VISIBLE_DEVICES names GPUs by anything but plain numbers.
std::optional<unsigned> nvml_number(const Device& device) {
  auto number = static_cast<unsigned>(device.index);
  const char* visible = std::getenv("CUDA_VISIBLE_DEVICES");
  if (visible == nullptr) return number;
  std::string_view rest = visible;
  for (unsigned i = 0; i < number; ++i) {
    const std::size_t comma = rest.find(',');
    if (comma == std::string_view::npos) return std::nullopt;
    rest.remove_prefix(comma + 1);
  }
  rest = rest.substr(0, rest.find(','));
  const char* end = rest.data() + rest.size();
  const auto [stop, error] = std::from_chars(rest.data(), end, number);
  if (error != std::errc() || stop != end) return std::nullopt;
  return number;
}

// A session that trains the same epoch again and again.
class EpochSession {
 public:
  EpochSession(const Workload& work, const Device& device)
      : steps_(work.steps_per_epoch()),
        others_(evaluated_sets(work.data)),
        trainer_(make_session(work, device, steps_, others_)) {}

  void first_step() {
    trainer_->step();
    wait();
  }

  double time_epoch() {
    trainer_->seek(0);
    const Stopwatch stopwatch;
    trainer_->steps(steps_);
    wait();
    return stopwatch.seconds();
  }

  // Times the phases of the steps, an evaluation of all data (as after an epoch of `kilat train`),
  // and the rest, such as the shuffle.
  Parts time_phases() {
    trainer_->seek(0);
    const Stopwatch stopwatch;
    Parts phases = named_phases(trainer_->profile(steps_));
    wait();
    const double trained = stopwatch.seconds();
    for (std::size_t set = 0; set <= others_.size(); ++set) trainer_->evaluate(set);
    const double all = stopwatch.seconds();
    phases.emplace_back("evaluation", all - trained);
    return with_other(std::move(phases), all);
  }

  // Of the steps whose phases were timed.
  Parts step_clocks() {
    Parts clocks;
    for (const auto& [part, sum] : trainer_->part_clocks()) {
      clocks.emplace_back(part, static_cast<double>(sum) / static_cast<double>(steps_));
    }
    return clocks;
  }

  // Read while the device runs an epoch that is not timed.
  std::optional<GpuClocks> clocks(unsigned gpu) {
    trainer_->seek(0);
    trainer_->steps(steps_);
    std::optional<GpuClocks> clocks = gpu_clocks(gpu);
    wait();
    return clocks;
  }

 private:
  // Waits for the device. Throws if it stopped with a fault, as the time would be meaningless.
  void wait() {
    const Cursor cursor = trainer_->cursor();
    if (cursor.fault == kNoFault) return;
    throw Error(fmt::format("the run diverges at step {} of the epoch: nothing to measure; lower "
                            "--lr",
                            cursor.step + 1),
                Failure::run);
  }

  std::size_t steps_;
  std::vector<const Dataset*> others_;
  std::unique_ptr<Trainer> trainer_;
};

Measurement time_epochs(EpochSession& session, const Workload& work, const Device& device,
                        const MeasurementPlan& plan) {
  Measurement m;
  m.device = device;
  m.batch = work.batch();
  for (std::size_t i = 0; i < plan.warmup; ++i) session.time_epoch();
  double total = 0;
  const auto is_enough = [&] {
    const std::size_t epochs = m.epoch_seconds.size();
    if (plan.epochs != 0) return epochs >= plan.epochs;
    return epochs >= plan.least_epochs && total >= plan.seconds;
  };
  while (!is_enough()) {
    m.epoch_seconds.push_back(session.time_epoch());
    total += m.epoch_seconds.back();
  }
  m.epoch = percentiles(m.epoch_seconds);
  m.samples_per_second = static_cast<double>(work.data.train.size()) / m.epoch.median;
  m.gflops = m.samples_per_second * training_flops(work.network) / 1e9;
  return m;
}

}  // namespace

Measurement measure_epochs(const Workload& work, const Device& device,
                           const MeasurementPlan& plan) {
  EpochSession session(work, device);
  return time_epochs(session, work, device, plan);
}

Measurement measure(const Workload& work, const Device& device, const MeasurementPlan& plan,
                    double startup_seconds) {
  const Stopwatch stopwatch;
  EpochSession session(work, device);
  session.first_step();
  const double cold_start = startup_seconds + stopwatch.seconds();
  Measurement m = time_epochs(session, work, device, plan);
  m.cold_start_seconds = cold_start;
  m.phases = session.time_phases();
  m.step_clocks = session.step_clocks();
  m.peak = find_peak(device);
  if (device.kind == Device::Kind::cuda) {
    if (const auto gpu = nvml_number(device)) m.clocks = session.clocks(*gpu);
  }
  return m;
}

}  // namespace kilat
