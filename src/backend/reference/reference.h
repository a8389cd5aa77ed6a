// The reference backend: double precision, plain loops, one thread. Tests and `kilat verify`
// compare the other backends with it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <kilat/dataset.h>

#include "backend/plain_loops.h"
#include "backend/types.h"

namespace kilat {

// A batch of normalised pixels, [rows, features].
struct ReferencePixels {
  HostMatrix<double> values;
  Normalisation normalisation;
};

class Reference : public PlainLoops<double> {
 public:
  using Pixels = ReferencePixels;

  explicit Reference(int /*threads*/ = 1) {}

  Pixels pixels(std::size_t capacity, std::size_t features, Normalisation normalisation) const {
    return {Matrix(capacity, features), normalisation};
  }

  Plan plan(std::size_t rows) const;
  void gather(Pixels& x, std::span<std::uint8_t> y, const Images& images,
              std::span<const std::uint8_t> labels, const Buffer<std::uint32_t>& order,
              const Buffer<Cursor>& cursor, Slice slice) const;
  void input_gemm(Matrix& z, Pixels& x, MatrixView<const double> weight) const;
  void input_gradient(MatrixView<double> gradient, const Matrix& dz, Pixels& x,
                      bool accumulate) const;
  void gemm(MatrixView<double> c, MatrixView<const double> a, MatrixView<const double> b,
            bool accumulate) const;
  void gemm(Matrix& c, MatrixView<const double> a, MatrixView<const double> b) const;
  void softmax(Matrix& z, std::span<const double> bias) const;
  void softmax_cross_entropy(Matrix& z, std::span<const double> bias,
                             std::span<const std::uint8_t> y, std::size_t n, std::span<double> loss,
                             std::span<std::uint8_t> hit) const;
  void column_sum(std::span<double> sum, const Matrix& dz, bool accumulate) const;
};

}  // namespace kilat
