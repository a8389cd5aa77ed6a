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

// Runs f(worker) for each worker, at once. What one of them throws is thrown on after the join.
template <class F>
void parallel_workers(std::size_t workers, const F& f) {
  if (workers == 1) return f(std::size_t{0});
  ForkJoin order;
  std::exception_ptr failure;
  std::mutex mutex;
#pragma omp parallel num_threads(static_cast <int>(workers))
  {
    order.begin();
    try {
      f(static_cast<std::size_t>(omp_get_thread_num()));
    } catch (...) {
      const std::lock_guard lock(mutex);
      failure = std::current_exception();
    }
    order.end();
  }
  if (failure) std::rethrow_exception(failure);
}

// Runs f(begin, end) over parts of [0, n): shared out to `threads`, at least `grain` each; or at
// once by the caller when it is one of a team already.
template <class F>
void parallel_ranges(std::size_t threads, std::size_t n, std::size_t grain, const F& f) {
  if (n == 0) return;
  const std::size_t parts = omp_in_parallel() ? 1 : std::clamp<std::size_t>(n / grain, 1, threads);
  parallel_workers(parts, [&](std::size_t part) { f(n * part / parts, n * (part + 1) / parts); });
}

}  // namespace kilat
