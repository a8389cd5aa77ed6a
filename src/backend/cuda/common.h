// What backends on a GPU share: memory, a queue, and the ops that treat each number by itself.
// Everything is queued on one stream; only downloads wait.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include <kilat/dataset.h>
#include <kilat/recipe.h>

#include "backend/cuda/device_buffer.h"
#include "backend/cuda/handles.h"
#include "backend/cuda/profiler.h"
#include "backend/cuda/recorder.h"
#include "backend/types.h"
#include "backend/unit_blocks.h"
#include "kernels/kernels.h"

namespace kilat {

struct CudaOptions {
  int device = 0;
  bool graph = true;  // record steps and replay them
  bool sync = false;  // wait after each launch, so that a fault shows where it happened
  // Of Cuda alone:
  Precision precision = Precision::fp32;
  bool epilogues = true;  // cuBLASLt's bias and ReLU, where it has them
  // Multiply the first layer's bytes on tensor cores, without widening them to floats, as
  // accurately as in fp32. Ignored if the GPU has no bf16 (below compute capability 8.0).
  bool exact_bytes = false;
};

// A batch of bytes. If the batch is consecutive rows of the set, `bytes` points into the set, else
// to gathered copies.
struct CudaBytes {
  DeviceBuffer<std::uint8_t> gathered;
  std::size_t features = 0;
  Normalisation normalisation;
  const std::uint8_t* bytes = nullptr;  // [rows, features]
  std::size_t rows = 0;

  kernels::BytePixels view() const {
    return {bytes, rows, features, normalisation.shift, normalisation.scale};
  }
};

// Scratch of the shuffle.
struct CudaShuffling {
  DeviceBuffer<std::uint32_t> keys, sorted_keys, indices;
  DeviceBuffer<std::byte> storage;
};

class CudaCommon {
 public:
  using Real = float;
  template <class T>
  using Buffer = DeviceBuffer<T>;
  using Matrix = DeviceMatrix;
  using Images = DeviceBuffer<std::uint8_t>;
  using Shuffling = CudaShuffling;

  // Only the constructing thread may use it. Throws Error if the device cannot be used.
  explicit CudaCommon(const CudaOptions& options);
  CudaCommon(const CudaCommon&) = delete;
  CudaCommon& operator=(const CudaCommon&) = delete;

  template <class T>
  Buffer<T> buffer(std::size_t size) {
    return Buffer<T>(size, stream());
  }
  UnitBlocks unit_blocks(std::size_t /*units*/) const { return {}; }
  Matrix matrix(std::size_t capacity, std::size_t columns) {
    return Matrix(capacity, columns, stream());
  }
  Images images(std::span<const std::uint8_t> bytes, std::size_t features);
  Images empty_images(std::size_t count, std::size_t features) {
    return buffer<std::uint8_t>(count * features);
  }
  Shuffling shuffling(std::size_t size);

  template <class T>
  void upload(std::type_identity_t<std::span<const T>> from, Buffer<T>& to) {
    copy(to.data(), from.data(), from.size_bytes(), cudaMemcpyHostToDevice);
  }
  template <class T>
  void download(const Buffer<T>& from, std::type_identity_t<std::span<T>> to) {
    copy(to.data(), from.data(), to.size_bytes(), cudaMemcpyDeviceToHost);
  }
  void upload(std::span<const float> from, std::size_t rows, Matrix& to);
  void download(const Matrix& from, std::span<float> to);

  Plan plan(std::size_t rows) const;
  template <class F>
  std::size_t slices(Plan plan, std::size_t rows, const F& f) const {
    for (std::size_t first = 0; first < rows; first += plan.slice_rows) {
      f(Slice{first, std::min(plan.slice_rows, rows - first), 0, first != 0});
    }
    return rows == 0 ? 0 : 1;
  }
  template <class F>
  void replay(std::size_t rows, std::size_t times, const F& f) {
    if (options_.graph && !options_.sync && !profiler_.is_running()) {
      recorder_.replay(rows, times, f);
    } else {
      for (std::size_t i = 0; i < times; ++i) f();
    }
  }

  void mark(Phase phase) { profiler_.mark(phase); }
  void start_profile() { profiler_.start(); }
  PhaseSeconds stop_profile() { return profiler_.stop(); }
  void mark_epoch(std::size_t epoch) { profiler_.mark_epoch(epoch); }

  void shuffle(Buffer<std::uint32_t>& order, Shuffling& scratch, std::uint64_t seed,
               std::uint32_t epoch);
  void augment(Images& to, const Images& from, const AugmentedEpoch& epoch);
  void gather(CudaBytes& x, std::span<std::uint8_t> y, const Images& images,
              std::span<const std::uint8_t> labels, const Buffer<std::uint32_t>& order,
              const Buffer<Cursor>& cursor, Slice slice);
  void bias_activation(Matrix& z, std::span<const float> bias, const Activation& f);
  void activation_backward(Matrix& dz, const Matrix& a, const Activation& f);
  void mark_active(std::span<std::uint8_t> active, const Matrix& a);
  void sum_blocks(std::span<Buffer<float>> blocks, std::size_t n);
  void check_loss(Buffer<Cursor>& cursor, std::span<const float> loss);
  void update(Buffer<float>& parameters, const Buffer<float>& gradient,
              const OptimizerState<float>& state, const Optimizer& optimizer,
              const Buffer<StepCoefficients>& steps, Buffer<Cursor>& cursor);
  void advance(Buffer<Cursor>& cursor, std::size_t rows, std::size_t size);

  // A fused form (step/layer.h).
  void update_and_advance(Buffer<float>& parameters, const Buffer<float>& gradient,
                          const OptimizerState<float>& state, const Optimizer& optimizer,
                          const Buffer<StepCoefficients>& steps, Buffer<Cursor>& cursor,
                          std::size_t rows, std::size_t size);

 protected:
  const CudaOptions& options() const { return options_; }
  cudaStream_t stream() const { return stream_.get(); }

 private:
  void copy(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind);

  CudaOptions options_;
  Stream stream_;
  Recorder recorder_;
  Profiler profiler_;
  DeviceBuffer<kernels::UpdateState> update_state_;
};

}  // namespace kilat
