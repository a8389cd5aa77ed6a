// The CPU backend: float, oneDNN for the products, OpenMP for the rest.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include <kilat/dataset.h>

#include "backend/cpu/parallel.h"
#include "backend/host.h"
#include "backend/types.h"

// Compiles a loop for AVX2 and AVX-512 too; the loader picks. Sanitizers dislike its resolvers.
#if defined(__x86_64__) && defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
#define KILAT_VECTORISED \
  __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define KILAT_VECTORISED
#endif

namespace kilat {

class GemmCache;

// A batch of pixels. The bytes are the data set's own where the batch is a run of it, else gathered
// ones; they are widened to float on first use and stay so until the next batch.
struct CpuPixels {
  HostBuffer<std::uint8_t> gathered;
  HostBuffer<float> widened;
  std::size_t features = 0;
  Normalisation normalisation;
  const std::uint8_t* bytes = nullptr;  // [rows, features]
  std::size_t rows = 0;
  bool is_widened = false;
};

class Cpu : public HostMemory<float> {
 public:
  using Pixels = CpuPixels;

  // `threads` is at least 1. A Cpu belongs to the thread that made it. Subnormal numbers are
  // flushed to zero in that thread while the Cpu lives, and from then on in its OpenMP team: they
  // would slow the arithmetic down tenfold.
  explicit Cpu(int threads);
  ~Cpu();
  Cpu(const Cpu&) = delete;
  Cpu& operator=(const Cpu&) = delete;

  Pixels pixels(std::size_t capacity, std::size_t features, Normalisation normalisation) const {
    return {.gathered = HostBuffer<std::uint8_t>(capacity * features),
            .widened = HostBuffer<float>(capacity * features),
            .features = features,
            .normalisation = normalisation};
  }

  // A batch that gives every thread several hundred rows runs in slices that stay in cache, each
  // thread on its own; a shorter one is a single slice, with threads inside the ops.
  Plan plan(std::size_t rows) const;
  template <class F>
  std::size_t slices(Plan plan, std::size_t rows, const F& f) const;

  // A worker of a team counts its share.
  void mark(Phase phase) {
    clock_.mark(phase, current_worker.in_team ? 1.0 / static_cast<double>(threads_) : 1.0);
  }

  void gather(Pixels& x, std::span<std::uint8_t> y, std::span<const std::uint8_t> pixels,
              std::span<const std::uint8_t> labels, const Buffer<std::uint32_t>& order,
              const Buffer<Cursor>& cursor, Slice slice) const;
  void input_gemm(Matrix& z, Pixels& x, MatrixView<const float> weight);
  void input_gradient(MatrixView<float> gradient, const Matrix& dz, Pixels& x, bool accumulate);
  void gemm(MatrixView<float> c, MatrixView<const float> a, MatrixView<const float> b,
            bool accumulate);
  void gemm(Matrix& c, MatrixView<const float> a, MatrixView<const float> b);
  void bias_relu(Matrix& z, std::span<const float> bias) const;
  void softmax(Matrix& z, std::span<const float> bias) const;
  void softmax_cross_entropy(Matrix& z, std::span<const float> bias,
                             std::span<const std::uint8_t> y, std::size_t n, std::span<float> loss,
                             std::span<std::uint8_t> hit) const;
  void relu_backward(Matrix& dz, const Matrix& a) const;
  void column_sum(std::span<float> sum, const Matrix& dz, bool accumulate) const;
  void mark_active(std::span<std::uint8_t> active, const Matrix& a) const;
  void sum_blocks(std::span<Buffer<float>> blocks, std::size_t n) const;
  void update(Buffer<float>& parameters, const Buffer<float>& gradient, Buffer<float>& velocity,
              SgdRule rule, const Buffer<float>& rates, Buffer<Cursor>& cursor) const;

 private:
  MatrixView<const float> widen(Pixels& x) const;

  std::size_t threads_;
  int caller_threads_;                                // OpenMP's setting before this object
  unsigned caller_mxcsr_;                             // MXCSR before this object
  std::vector<std::unique_ptr<GemmCache>> products_;  // one a thread
};

template <class F>
std::size_t Cpu::slices(Plan plan, std::size_t rows, const F& f) const {
  const std::size_t count = (rows + plan.slice_rows - 1) / plan.slice_rows;
  const std::size_t workers = std::min(plan.workers, count);
  const auto work = [&](std::size_t worker) {
    const std::size_t begin = count * worker / workers;
    const std::size_t end = count * (worker + 1) / workers;
    for (std::size_t s = begin; s < end; ++s) {
      const std::size_t first = rows * s / count;
      f(Slice{first, rows * (s + 1) / count - first, worker, s != begin});
    }
  };
  if (plan.workers == 1) {
    if (workers == 1) work(0);  // outside of a team, so that the ops may fork
  } else if (workers != 0) {
    parallel_workers(threads_, [&](std::size_t w) {
      if (w < workers) work(w);
    });
  }
  return workers;
}

}  // namespace kilat
