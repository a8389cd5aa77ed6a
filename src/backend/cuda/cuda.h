// The CUDA backend: float on one GPU, cuBLAS for the products, kernels/ for the rest.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "backend/cuda/common.h"
#include "backend/cuda/fused_linear.h"
#include "backend/cuda/products.h"

namespace kilat {

// `widened` is made on first use and kept until the next batch.
struct CudaPixels : CudaBytes {
  DeviceBuffer<float> widened;
  bool is_widened = false;
};

class Cuda : public CudaCommon {
 public:
  using Pixels = CudaPixels;

  static constexpr FusedForms kFused{.linear_activation = {.bytes = true, .activations = true},
                                     .linear_gradient = {.bytes = true},
                                     .update_and_advance = true};

  explicit Cuda(const CudaOptions& options);

  Matrix matrix(std::size_t capacity, std::size_t columns);
  Pixels pixels(std::size_t capacity, std::size_t features, Normalisation normalisation);

  void gather(Pixels& x, std::span<std::uint8_t> y, const Images& images,
              std::span<const std::uint8_t> labels, const Buffer<std::uint32_t>& order,
              const Buffer<Cursor>& cursor, Slice slice);
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

  // Fused forms (step/layer.h).
  void linear_activation(Matrix& a, Pixels& x, const Linear<const float>& layer,
                         const Activation& f);
  void linear_activation(Matrix& a, const Matrix& x, const Linear<const float>& layer,
                         const Activation& f);
  void linear_gradient(const Linear<float>& gradient, const Matrix& dz, Pixels& x, bool accumulate);

 private:
  bool multiplies_bytes() const { return gradient_parts_.size() != 0; }
  MatrixView<const float> widen(Pixels& x);
  void linear_activation(Matrix& a, MatrixView<const float> x, const Linear<const float>& layer,
                         const Activation& f);

  Products products_;
  FusedLinear fused_;
  DeviceBuffer<float> column_sums_;     // scratch for the widest matrix made
  DeviceBuffer<float> gradient_parts_;  // scratch of exact_gradient, where bytes are multiplied
};

}  // namespace kilat
