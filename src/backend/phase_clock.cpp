#include "backend/phase_clock.h"

#include "base/stopwatch.h"

namespace kilat {
namespace {

struct Current {
  Phase phase = Phase::none;
  Stopwatch since;
};
thread_local Current current;

}  // namespace

void PhaseClock::start() {
  seconds_ = {};
  current = {};
  running_ = true;
}

PhaseSeconds PhaseClock::stop() {
  running_ = false;
  seconds_[static_cast<std::size_t>(Phase::none)] = 0;
  return seconds_;
}

void PhaseClock::add(Phase next, double share) {
  const double seconds = current.since.seconds();
  {
    const std::lock_guard lock(mutex_);
    seconds_[static_cast<std::size_t>(current.phase)] += share * seconds;
  }
  current.phase = next;
  current.since.restart();
}

}  // namespace kilat
