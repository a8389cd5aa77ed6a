// Epochs and phases for NVIDIA's profilers (NVTX), and their times by events.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include <nvtx3/nvToolsExt.h>

#include "backend/cuda/handles.h"
#include "backend/types.h"

namespace kilat {

class Profiler {
 public:
  explicit Profiler(cudaStream_t stream) : stream_(stream) {}
  ~Profiler();
  Profiler(const Profiler&) = delete;
  Profiler& operator=(const Profiler&) = delete;

  bool is_running() const { return running_; }
  void start();
  PhaseSeconds stop();  // waits for the device

  void mark(Phase next);
  void mark_epoch(std::size_t epoch);

 private:
  cudaStream_t stream_;
  bool running_ = false;
  Phase phase_ = Phase::none;
  bool in_epoch_ = false;
  nvtxRangeId_t epoch_ = 0;
  std::vector<std::pair<Phase, Event>> marks_;  // the phases and their starts
};

}  // namespace kilat
