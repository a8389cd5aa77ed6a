// Where a step's time goes on the host.
#pragma once

#include <atomic>
#include <mutex>

#include "backend/types.h"

namespace kilat {

// Adds up the time between marks by phase. Any thread may mark; each has its own current phase.
class PhaseClock {
 public:
  void start();
  PhaseSeconds stop();

  // Ends the calling thread's phase, adding its time multiplied by `share`, and begins the next.
  void mark(Phase next, double share) {
    if (running_) add(next, share);
  }

 private:
  void add(Phase next, double share);

  std::atomic<bool> running_ = false;
  std::mutex mutex_;
  PhaseSeconds seconds_ = {};
};

}  // namespace kilat
