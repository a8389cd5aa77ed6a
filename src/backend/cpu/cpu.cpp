#include "backend/cpu/cpu.h"

#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

#include "backend/backend.h"
#include "backend/cpu/gemm_cache.h"

namespace kilat {

static_assert(Backend<Cpu>);

namespace {

// Rows of 784 pixels, widened to float, that fill about half of a 1 to 2 MiB second-level cache.
constexpr std::size_t kSliceRows = 256;

unsigned flush_subnormals() {
#if defined(__SSE2__)
  constexpr unsigned kFlushToZero = 0x8000;
  constexpr unsigned kDenormalsAreZero = 0x0040;
  const unsigned before = _mm_getcsr();
  _mm_setcsr(before | kFlushToZero | kDenormalsAreZero);
  return before;
#else
  return 0;
#endif
}

}  // namespace

Cpu::Cpu(int threads)
    : threads_(static_cast<std::size_t>(threads)), caller_threads_(omp_get_max_threads()) {
  omp_set_num_threads(threads);
  caller_mxcsr_ = flush_subnormals();
  parallel_workers(threads_, [](std::size_t) { flush_subnormals(); });
  for (std::size_t i = 0; i < threads_; ++i) products_.push_back(std::make_unique<GemmCache>());
}

Cpu::~Cpu() {
#if defined(__SSE2__)
  _mm_setcsr(caller_mxcsr_);
#endif
  omp_set_num_threads(caller_threads_);
}

Plan Cpu::plan(std::size_t rows) const {
  if (rows < 2 * kSliceRows * threads_) return {1, std::max<std::size_t>(rows, 1)};
  return {threads_, kSliceRows};
}

}  // namespace kilat
