// The portable backend: fp32 whose every bit docs/arithmetic.md defines, in plain loops. A run on
// it ends with the same bits on every machine, and with those of the GPU kernels that keep to the
// same arithmetic; they are held to it. Its error is that of fp32, but that the first layer's
// products are relative to the largest weight of a unit (or gradient of a batch), not to each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <kilat/dataset.h>

#include "backend/arithmetic.h"
#include "backend/plain_loops.h"

namespace kilat {

// A batch of bytes, [rows, features].
struct PortablePixels {
  HostMatrix<std::uint8_t> bytes;
  Normalisation normalisation;
};

class Portable : public PlainLoops<float> {
 public:
  using Pixels = PortablePixels;

  explicit Portable(int /*threads*/ = 1) {}

  // Throws Error for more than kMostFeatures.
  Pixels pixels(std::size_t capacity, std::size_t features, Normalisation normalisation) const;

  // A batch is one slice, so that its sums are over all its rows; an evaluation has several.
  Plan plan(std::size_t rows) const;
  void gather(Pixels& x, std::span<std::uint8_t> y, const Images& images,
              std::span<const std::uint8_t> labels, const Buffer<std::uint32_t>& order,
              const Buffer<Cursor>& cursor, Slice slice) const;
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
                   std::span<const std::uint8_t> hit) const;

 private:
  // Scratch, which keeps the largest size it had.
  std::vector<float> row_major_;  // of gemm: B where it lies transposed
  std::vector<float> result_row_;
  std::vector<std::int32_t> whole_;  // of input_gemm and input_gradient, as what follows
  std::vector<WholeScale> scales_;
  std::vector<std::int64_t> totals_, sums_;
};

}  // namespace kilat
