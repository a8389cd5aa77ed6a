// The arithmetic of Portable (docs/arithmetic.md) on a GPU: the same bits, by kernels/portable.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "backend/cuda/common.h"
#include "backend/cuda/resident_engine.h"
#include "backend/cuda/resident_evaluation.h"
#include "backend/steps.h"
#include "kernels/portable/kernels.h"

namespace kilat {

class PortableCuda : public CudaCommon {
 public:
  using Pixels = CudaBytes;

  static constexpr FusedForms kFused{.update_and_advance = true, .steps = true, .row_losses = true};

  using CudaCommon::CudaCommon;

  Matrix matrix(std::size_t capacity, std::size_t columns);
  // Throws Error for more than kMostFeatures.
  Pixels pixels(std::size_t capacity, std::size_t features, Normalisation normalisation);
  // A batch is one slice, so that its sums are over all its rows; an evaluation has several.
  Plan plan(std::size_t rows) const;

  void input_gemm(Matrix& z, Pixels& x, MatrixView<const float> weight);
  void input_gradient(MatrixView<float> gradient, const Matrix& dz, Pixels& x, bool accumulate);
  void gemm(MatrixView<float> c, MatrixView<const float> a, MatrixView<const float> b,
            bool accumulate);
  void gemm(Matrix& c, MatrixView<const float> a, MatrixView<const float> b);
  void softmax(Matrix& z, std::span<const float> bias);
  void softmax_cross_entropy(Matrix& z, std::span<const float> bias,
                             std::span<const std::uint8_t> y, std::size_t n, std::span<float> loss,
                             std::span<std::uint8_t> hit);
  void column_sum(std::span<float> sum, const Matrix& dz, bool accumulate);
  void sum_metrics(Buffer<Metrics>& metrics, std::span<const float> loss,
                   std::span<const std::uint8_t> hit);

  // From now on `steps` is there. Throws Error if the network does not fit the device.
  void keep_resident(const ResidentNetwork& network);
  void keep_resident(const ResidentNetwork& network, const kernels::resident::Figures& device);

  // Counts the clocks of the engine's parts too.
  void start_profile();
  PhaseSeconds stop_profile();
  // Of the last profile.
  const PartClocks& part_clocks() const { return part_clocks_; }

  // A fused form (step/device_trainer.h).
  bool makes_steps() const { return resident_.has_value(); }
  // Whether these steps may go on from one epoch to the next.
  bool steps_span_epochs() const { return resident_->engine.takes_full_batches(); }
  // Whether they may end with an evaluation.
  bool evaluates_after_steps() const { return resident_->engine.takes_full_batches(); }
  void steps(const Steps<PortableCuda>& s);
  // Another (step/evaluate.h).
  bool has_row_losses() const { return resident_.has_value(); }
  void row_losses(const RowLosses<PortableCuda>& r);

 private:
  // The network that is resident, and what trains and evaluates it.
  struct Resident {
    Resident(const ResidentNetwork& network, const kernels::resident::Figures& device,
             cudaStream_t stream);

    ResidentNetwork network;
    kernels::resident::Shape shape;
    ResidentEngine engine;
    ResidentEvaluation evaluation;
  };

  // Scratch for numbers made whole, [depth, units].
  void make_room(std::size_t depth, std::size_t units);
  kernels::portable::Whole whole() { return {whole_.data(), scales_.data(), sums_.data()}; }

  std::size_t depth_ = 0, units_ = 0;  // the largest of the batches and matrices made
  DeviceBuffer<std::int32_t> whole_;
  DeviceBuffer<WholeScale> scales_;
  DeviceBuffer<std::int64_t> sums_;
  std::optional<Resident> resident_;
  PartClocks part_clocks_;
};

}  // namespace kilat
