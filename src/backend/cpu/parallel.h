// The one place where threads are forked and joined.
#pragma once

#include <algorithm>
#include <cstddef>
#include <exception>
#include <mutex>

#include <omp.h>

#if defined(__SANITIZE_THREAD__)
extern "C" void __tsan_acquire(void*);
extern "C" void __tsan_release(void*);
#endif

namespace kilat {

// ThreadSanitizer does not see libgomp's barriers: these say what fork and join order.
class ForkJoin {
 public:
#if defined(__SANITIZE_THREAD__)
  ForkJoin() { __tsan_release(&fork_); }
  ~ForkJoin() { __tsan_acquire(&join_); }
  void begin() { __tsan_acquire(&fork_); }
  void end() { __tsan_release(&join_); }

 private:
  char fork_ = 0;
  char join_ = 0;
#else
  void begin() {}
  void end() {}
#endif
};

// Which worker of a team the calling thread is at the moment; 0 outside of one.
struct CurrentWorker {
  bool in_team = false;
  std::size_t index = 0;
};
inline thread_local CurrentWorker current_worker;

// Runs f(worker) for each of `threads` workers, at once as far as OpenMP gives threads, which may
// be fewer than asked for. What one of them throws is thrown on after the join. Every fork is for
// all threads: libgomp ends those that a smaller team leaves out.
template <class F>
void parallel_workers(std::size_t threads, const F& f) {
  ForkJoin order;
  std::exception_ptr failure;
  std::mutex mutex;
#pragma omp parallel num_threads(static_cast <int>(threads))
  {
    order.begin();
    const CurrentWorker before = current_worker;
    const auto team = static_cast<std::size_t>(omp_get_num_threads());
    for (auto w = static_cast<std::size_t>(omp_get_thread_num()); w < threads; w += team) {
      current_worker = {true, w};
      try {
        f(w);
      } catch (...) {
        const std::lock_guard lock(mutex);
        failure = std::current_exception();
      }
    }
    current_worker = before;
    order.end();
  }
  if (failure) std::rethrow_exception(failure);
}

// Runs f(begin, end) over parts of [0, n): shared out to `threads`, at least `grain` each; or at
// once by the caller when it is one of a team already.
template <class F>
void parallel_ranges(std::size_t threads, std::size_t n, std::size_t grain, const F& f) {
  if (n == 0) return;
  const std::size_t parts =
      current_worker.in_team ? 1 : std::clamp<std::size_t>(n / grain, 1, threads);
  if (parts == 1) return f(std::size_t{0}, n);
  parallel_workers(threads, [&](std::size_t w) {
    if (w < parts) f(n * w / parts, n * (w + 1) / parts);
  });
}

}  // namespace kilat
