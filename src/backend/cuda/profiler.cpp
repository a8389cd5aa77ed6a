#include "backend/cuda/profiler.h"

#include <fmt/format.h>

namespace kilat {
namespace {

constexpr const char* kNames[kPhases] = {"", "gather", "forward", "backward", "update"};

}  // namespace

Profiler::~Profiler() {
  if (phase_ != Phase::none) nvtxRangePop();
  if (in_epoch_) nvtxRangeEnd(epoch_);
}

void Profiler::start() {
  marks_.clear();
  running_ = true;
}

PhaseSeconds Profiler::stop() {
  running_ = false;
  KILAT_CUDA(cudaStreamSynchronize(stream_));
  PhaseSeconds seconds = {};
  for (std::size_t i = 0; i + 1 < marks_.size(); ++i) {
    float milliseconds = 0;
    KILAT_CUDA(
        cudaEventElapsedTime(&milliseconds, marks_[i].second.get(), marks_[i + 1].second.get()));
    seconds[static_cast<std::size_t>(marks_[i].first)] += milliseconds / 1e3;
  }
  seconds[static_cast<std::size_t>(Phase::none)] = 0;
  marks_.clear();
  return seconds;
}

void Profiler::mark(Phase next) {
  if (phase_ != Phase::none) nvtxRangePop();
  if (next != Phase::none) nvtxRangePushA(kNames[static_cast<std::size_t>(next)]);
  phase_ = next;
  if (!running_) return;
  marks_.emplace_back(next, make_event());
  KILAT_CUDA(cudaEventRecord(marks_.back().second.get(), stream_));
}

void Profiler::mark_epoch(std::size_t epoch) {
  if (in_epoch_) nvtxRangeEnd(epoch_);
  epoch_ = nvtxRangeStartA(fmt::format("epoch {}", epoch).c_str());
  in_epoch_ = true;
}

}  // namespace kilat
