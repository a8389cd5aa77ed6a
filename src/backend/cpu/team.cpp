#include "backend/cpu/team.h"

#if defined(__SSE2__)
#include <immintrin.h>
#endif

namespace kilat {
namespace {

// Thrown by barrier() in the other members when one has failed, to unwind them.
struct Abandoned {};

void pause() {
#if defined(__SSE2__)
  _mm_pause();
#endif
}

// Waits until `value` is no longer `old`: spins for some tens of microseconds, then sleeps.
void wait_while(const std::atomic<unsigned>& value, unsigned old) {
  constexpr int kSpins = 2000;
  for (int i = 0; i < kSpins; ++i) {
    if (value.load(std::memory_order_acquire) != old) return;
    pause();
  }
  while (value.load(std::memory_order_acquire) == old) value.wait(old, std::memory_order_acquire);
}

}  // namespace

Team::Team(std::size_t members) {
  try {
    for (std::size_t i = 1; i < members; ++i) threads_.emplace_back([this, i] { serve(i); });
  } catch (...) {  // the system refused a thread
    end();
    throw;
  }
}

Team::~Team() { end(); }

void Team::end() {
  ending_ = true;
  runs_.fetch_add(1, std::memory_order_release);
  runs_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void Team::serve(std::size_t index) {
  for (unsigned seen = 0;; ++seen) {
    wait_while(runs_, seen);
    if (ending_) return;
    work(index);
    busy_.fetch_sub(1, std::memory_order_acq_rel);
    busy_.notify_one();
  }
}

void Team::work(std::size_t index) {
  const Here before = std::exchange(here(), Here{this, index, false, false});
  try {
    job_(f_, own_share());
  } catch (const Abandoned&) {
    // run() rethrows the failure of the other member
  } catch (...) {
    {
      const std::lock_guard lock(failure_mutex_);
      if (!failure_) failure_ = std::current_exception();
    }
    failed_ = true;
    passed_.fetch_add(1, std::memory_order_acq_rel);
    passed_.notify_all();
  }
  here() = before;
}

void Team::run(Job job, const void* f) {
  job_ = job;
  f_ = f;
  arrived_ = 0;
  failed_ = false;
  failure_ = nullptr;
  busy_ = static_cast<unsigned>(threads_.size());
  runs_.fetch_add(1, std::memory_order_release);
  runs_.notify_all();
  work(0);
  for (unsigned left = busy_; left != 0; left = busy_) wait_while(busy_, left);
  if (failure_) std::rethrow_exception(failure_);
}

bool Team::arrive() {
  const unsigned passed = passed_.load(std::memory_order_acquire);
  if (failed_) throw Abandoned();
  if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == size()) return true;
  wait_while(passed_, passed);
  if (failed_) throw Abandoned();
  return false;
}

void Team::release() {
  arrived_.store(0, std::memory_order_relaxed);
  passed_.fetch_add(1, std::memory_order_acq_rel);
  passed_.notify_all();
}

}  // namespace kilat
