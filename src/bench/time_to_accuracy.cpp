#include "bench/time_to_accuracy.h"

#include <algorithm>

#include <kilat/error.h>
#include <kilat/train.h>

#include "base/stopwatch.h"

namespace kilat {

std::string held_out_part(const TrainingData& data) {
  if (!data.validation.empty()) return "validation";
  if (!data.test.empty()) return "test";
  throw Error("--until: there are neither validation nor test data; give --validation");
}

TimeToAccuracy time_to_accuracy(const Workload& work, const Device& device, double wanted) {
  TimeToAccuracy result;
  result.wanted = wanted;
  result.part = held_out_part(work.data);
  const bool validates = !work.data.validation.empty();
  const Stopwatch stopwatch;
  TrainingHooks hooks;
  hooks.on_evaluation = [&](const Evaluation& e) {
    const double accuracy = validates ? e.validation.accuracy : e.test.accuracy;
    result.reached = accuracy >= wanted;
    result.accuracy = result.reached ? accuracy : std::max(result.accuracy, accuracy);
    result.epochs = e.epoch;
    result.train_seconds = e.train_seconds;
    result.total_seconds = stopwatch.seconds();
  };
  hooks.interrupted = [&] { return result.reached; };
  const TrainingResult run =
      train(recipe_for(device, work.recipe), work.data, work.network, device, hooks);
  if (run.stop_reason == StopReason::diverged) throw Error(run.diagnosis.text, Failure::run);
  return result;
}

}  // namespace kilat
