// The ops of the CUDA backend: each queues a kernel or a product on the backend's stream.
#include "backend/cuda/cuda.h"

namespace kilat {

void Cuda::gather(Pixels& x, std::span<std::uint8_t> y, const Images& images,
                  std::span<const std::uint8_t> labels, const Buffer<std::uint32_t>& order,
                  const Buffer<Cursor>& cursor, Slice slice) {
  x.is_widened = false;
  CudaCommon::gather(x, y, images, labels, order, cursor, slice);
}

MatrixView<const float> Cuda::widen(Pixels& x) {
  if (!x.is_widened) {
    kernels::widen(stream(), x.widened.data(), x.bytes, x.rows * x.features, x.normalisation.shift,
                   x.normalisation.scale);
    x.is_widened = true;
  }
  return {x.widened.data(), x.rows, x.features};
}

void Cuda::input_gemm(Matrix& z, Pixels& x, MatrixView<const float> weight) {
  if (multiplies_bytes()) {
    z.set_rows(x.rows);
    kernels::exact_linear(stream(), z.data(), x.view(), weight.data, nullptr, weight.rows, {});
    return;
  }
  gemm(z, widen(x), transpose(weight));
}

void Cuda::input_gradient(MatrixView<float> gradient, const Matrix& dz, Pixels& x,
                          bool accumulate) {
  if (multiplies_bytes()) {
    kernels::exact_gradient(stream(), gradient.data, nullptr, dz.data(), x.view(), dz.columns(),
                            accumulate, gradient_parts_.data());
    return;
  }
  gemm(gradient, transpose(dz.view()), widen(x), accumulate);
}

void Cuda::gemm(MatrixView<float> c, MatrixView<const float> a, MatrixView<const float> b,
                bool accumulate) {
  if (c.rows == 0 || c.columns == 0) return;
  if (a.columns == 0) {
    if (accumulate) return;
    KILAT_CUDA(cudaMemsetAsync(c.data, 0, c.rows * c.columns * sizeof(float), stream()));
    return;
  }
  products_.multiply(c, a, b, accumulate);
}

void Cuda::gemm(Matrix& c, MatrixView<const float> a, MatrixView<const float> b) {
  c.set_rows(a.rows);
  gemm(c.view(), a, b, false);
}

void Cuda::softmax(Matrix& z, std::span<const float> bias) {
  kernels::softmax(stream(), z.data(), bias.data(), z.rows(), z.columns());
}

void Cuda::softmax_cross_entropy(Matrix& z, std::span<const float> bias,
                                 std::span<const std::uint8_t> y, std::size_t n,
                                 std::span<float> loss, std::span<std::uint8_t> hit) {
  kernels::softmax_cross_entropy(stream(), z.data(), bias.data(), y.data(), n, loss.data(),
                                 hit.data(), z.rows(), z.columns());
}

void Cuda::column_sum(std::span<float> sum, const Matrix& dz, bool accumulate) {
  kernels::column_sum(stream(), sum.data(), dz.data(), dz.rows(), dz.columns(), accumulate,
                      column_sums_.data());
}

void Cuda::sum_metrics(Buffer<Metrics>& metrics, std::span<const float> loss,
                       std::span<const std::uint8_t> hit) {
  kernels::sum_metrics(stream(), metrics.data(), loss.data(), hit.data(), loss.size());
}

void Cuda::linear_activation(Matrix& a, MatrixView<const float> x, const Linear<const float>& layer,
                             const Activation& f) {
  a.set_rows(x.rows);
  const bool has_epilogue = options().epilogues && f.kind == ActivationKind::relu;
  if (has_epilogue && fused_.linear_relu(a.view(), x, layer)) return;
  gemm(a, x, transpose(layer.weight));
  bias_activation(a, layer.bias, f);
}

void Cuda::linear_activation(Matrix& a, Pixels& x, const Linear<const float>& layer,
                             const Activation& f) {
  if (multiplies_bytes()) {
    a.set_rows(x.rows);
    kernels::exact_linear(stream(), a.data(), x.view(), layer.weight.data, layer.bias.data(),
                          layer.weight.rows, f);
    return;
  }
  linear_activation(a, widen(x), layer, f);
}

void Cuda::linear_gradient(const Linear<float>& gradient, const Matrix& dz, Pixels& x,
                           bool accumulate) {
  if (multiplies_bytes()) {
    kernels::exact_gradient(stream(), gradient.weight.data, gradient.bias.data(), dz.data(),
                            x.view(), dz.columns(), accumulate, gradient_parts_.data());
    return;
  }
  input_gradient(gradient.weight, dz, x, accumulate);
  column_sum(gradient.bias, dz, accumulate);
}

void Cuda::linear_activation(Matrix& a, const Matrix& x, const Linear<const float>& layer,
                             const Activation& f) {
  linear_activation(a, x.view(), layer, f);
}

}  // namespace kilat
