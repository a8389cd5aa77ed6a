// The reference backend: double precision, plain loops, one thread. Tests and `kilat verify`
// compare the other backends with it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <kilat/dataset.h>

#include "backend/activation.h"
#include "backend/augmentation.h"
#include "backend/host.h"
#include "backend/optimizer.h"
#include "backend/types.h"

namespace kilat {

// A batch of normalised pixels, [rows, features].
struct ReferencePixels {
  HostMatrix<double> values;
  Normalisation normalisation;
};

class Reference : public HostMemory<double> {
 public:
  using Images = HostBuffer<std::uint8_t>;
  using Pixels = ReferencePixels;

  explicit Reference(int /*threads*/ = 1) {}

  Images images(std::span<const std::uint8_t> bytes, std::size_t /*features*/) const {
    Images images(bytes.size());
    upload(bytes, images);
    return images;
  }
  Images empty_images(std::size_t count, std::size_t features) const {
    return Images(count * features);
  }
  Pixels pixels(std::size_t capacity, std::size_t features, Normalisation normalisation) const {
    return {Matrix(capacity, features), normalisation};
  }

  Plan plan(std::size_t rows) const;
  template <class F>
  std::size_t slices(Plan plan, std::size_t rows, const F& f) const {
    for (std::size_t first = 0; first < rows; first += plan.slice_rows) {
      f(Slice{first, std::min(plan.slice_rows, rows - first), 0, first != 0});
    }
    return rows == 0 ? 0 : 1;
  }

  void augment(Images& to, const Images& from, const AugmentedEpoch& epoch) const;
  void gather(Pixels& x, std::span<std::uint8_t> y, const Images& images,
              std::span<const std::uint8_t> labels, const Buffer<std::uint32_t>& order,
              const Buffer<Cursor>& cursor, Slice slice) const;
  void input_gemm(Matrix& z, Pixels& x, MatrixView<const double> weight) const;
  void input_gradient(MatrixView<double> gradient, const Matrix& dz, Pixels& x,
                      bool accumulate) const;
  void gemm(MatrixView<double> c, MatrixView<const double> a, MatrixView<const double> b,
            bool accumulate) const;
  void gemm(Matrix& c, MatrixView<const double> a, MatrixView<const double> b) const;
  void bias_activation(Matrix& z, std::span<const double> bias, const Activation& f) const;
  void softmax(Matrix& z, std::span<const double> bias) const;
  void softmax_cross_entropy(Matrix& z, std::span<const double> bias,
                             std::span<const std::uint8_t> y, std::size_t n, std::span<double> loss,
                             std::span<std::uint8_t> hit) const;
  void activation_backward(Matrix& dz, const Matrix& a, const Activation& f) const;
  void column_sum(std::span<double> sum, const Matrix& dz, bool accumulate) const;
  void mark_active(std::span<std::uint8_t> active, const Matrix& a) const;
  void sum_blocks(std::span<Buffer<double>> blocks, std::size_t n) const;
  void update(Buffer<double>& parameters, const Buffer<double>& gradient,
              const OptimizerState<double>& state, const Optimizer& optimizer,
              const Buffer<StepCoefficients>& steps, Buffer<Cursor>& cursor) const;
};

}  // namespace kilat
