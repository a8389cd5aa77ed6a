// One training run: the host's side of it, the same for every device.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include <kilat/train.h>

#include "base/stopwatch.h"
#include "step/trainer.h"
#include "train/checkpoint.h"
#include "train/diagnosis.h"
#include "train/early_stopping.h"
#include "train/schedule.h"

namespace kilat {

class Run {
 public:
  Run(const Recipe& recipe, const TrainingData& data, Network start, const Device& device,
      const TrainingHooks& hooks);

  void resume(const Checkpoint& checkpoint);
  TrainingResult finish();  // trains to the end

 private:
  StopReason train();
  StopReason interrupt();
  std::size_t steps_at_once() const;
  bool evaluation_is_due(std::size_t iteration) const;
  std::optional<StopReason> evaluate(const Cursor& cursor);
  Evaluation measure(std::size_t iteration);
  bool is_finite(const Evaluation& evaluation) const;
  void keep_weights();
  Evaluation final_evaluation();
  Symptoms symptoms(const Cursor& cursor);
  StopReason diverge(const Cursor& cursor);
  Checkpoint checkpoint();
  void offer_checkpoint(bool now);
  void report_progress();

  const Recipe& recipe_;
  const TrainingData& data_;
  const TrainingHooks& hooks_;
  Network network_;  // parameters: first the initial ones, then the best or last good
  std::size_t kept_iteration_ = 0;  // of the parameters in network_
  std::vector<float> initial_;      // parameters
  RunLength length_;
  std::vector<float> rates_;
  std::unique_ptr<Trainer> trainer_;
  EarlyStopping stopping_;

  std::size_t iteration_ = 0;  // updates made
  std::size_t first_iteration_ = 0;
  double train_seconds_ = 0;
  double earlier_seconds_ = 0;  // training time before the run was resumed
  Stopwatch since_checkpoint_, since_progress_;
  std::vector<Evaluation> history_;
  Diagnosis diagnosis_;
  std::string data_sha256_;  // once a checkpoint asked for it
};

}  // namespace kilat
