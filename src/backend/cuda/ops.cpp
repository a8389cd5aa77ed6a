// The ops of the CUDA backend: each queues a kernel or a product on the backend's stream.
#include "backend/cuda/cuda.h"

namespace kilat {

void Cuda::shuffle(Buffer<std::uint32_t>& order, Shuffling& scratch, std::uint64_t seed,
                   std::uint32_t epoch) {
  kernels::shuffle(stream_.get(), order.data(),
                   {scratch.keys.data(), scratch.sorted_keys.data(), scratch.indices.data(),
                    scratch.storage.data(), scratch.storage.size()},
                   order.size(), seed, epoch);
}

void Cuda::augment(Images& to, const Images& from, const AugmentedEpoch& epoch) {
  kernels::augment(stream_.get(), to.data(), from.data(), from.size() / epoch.features(), epoch);
}

void Cuda::gather(Pixels& x, std::span<std::uint8_t> y, const Images& images,
                  std::span<const std::uint8_t> labels, const Buffer<std::uint32_t>& order,
                  const Buffer<Cursor>& cursor, Slice slice) {
  x.rows = slice.rows;
  x.is_widened = false;
  if (order.size() == 0) {
    x.bytes = images.data() + slice.first * x.features;
    KILAT_CUDA(cudaMemcpyAsync(y.data(), labels.data() + slice.first, slice.rows,
                               cudaMemcpyDeviceToDevice, stream_.get()));
    return;
  }
  x.bytes = x.gathered.data();
  kernels::gather(stream_.get(), x.gathered.data(), y.data(), images.data(), labels.data(),
                  order.data(), cursor.data(), slice.first, slice.rows, x.features);
}

MatrixView<const float> Cuda::widen(Pixels& x) {
  if (!x.is_widened) {
    kernels::widen(stream_.get(), x.widened.data(), x.bytes, x.rows * x.features,
                   x.normalisation.shift, x.normalisation.scale);
    x.is_widened = true;
  }
  return {x.widened.data(), x.rows, x.features};
}

namespace {

kernels::BytePixels bytes_of(const CudaPixels& x) {
  return {x.bytes, x.rows, x.features, x.normalisation.shift, x.normalisation.scale};
}

}  // namespace

void Cuda::input_gemm(Matrix& z, Pixels& x, MatrixView<const float> weight) {
  if (multiplies_bytes()) {
    z.set_rows(x.rows);
    kernels::exact_linear(stream_.get(), z.data(), bytes_of(x), weight.data, nullptr, weight.rows,
                          {});
    return;
  }
  gemm(z, widen(x), transpose(weight));
}

void Cuda::input_gradient(MatrixView<float> gradient, const Matrix& dz, Pixels& x,
                          bool accumulate) {
  if (multiplies_bytes()) {
    kernels::exact_gradient(stream_.get(), gradient.data, nullptr, dz.data(), bytes_of(x),
                            dz.columns(), accumulate, gradient_parts_.data());
    return;
  }
  gemm(gradient, transpose(dz.view()), widen(x), accumulate);
}

void Cuda::gemm(MatrixView<float> c, MatrixView<const float> a, MatrixView<const float> b,
                bool accumulate) {
  if (c.rows == 0 || c.columns == 0) return;
  if (a.columns == 0) {
    if (accumulate) return;
    KILAT_CUDA(cudaMemsetAsync(c.data, 0, c.rows * c.columns * sizeof(float), stream_.get()));
    return;
  }
  products_.multiply(c, a, b, accumulate);
}

void Cuda::gemm(Matrix& c, MatrixView<const float> a, MatrixView<const float> b) {
  c.set_rows(a.rows);
  gemm(c.view(), a, b, false);
}

void Cuda::bias_activation(Matrix& z, std::span<const float> bias, const Activation& f) {
  kernels::bias_activation(stream_.get(), z.data(), bias.data(), z.rows(), z.columns(), f);
}

void Cuda::softmax(Matrix& z, std::span<const float> bias) {
  kernels::softmax(stream_.get(), z.data(), bias.data(), z.rows(), z.columns());
}

void Cuda::softmax_cross_entropy(Matrix& z, std::span<const float> bias,
                                 std::span<const std::uint8_t> y, std::size_t n,
                                 std::span<float> loss, std::span<std::uint8_t> hit) {
  kernels::softmax_cross_entropy(stream_.get(), z.data(), bias.data(), y.data(), n, loss.data(),
                                 hit.data(), z.rows(), z.columns());
}

void Cuda::activation_backward(Matrix& dz, const Matrix& a, const Activation& f) {
  kernels::activation_backward(stream_.get(), dz.data(), a.data(), dz.size(), f);
}

void Cuda::column_sum(std::span<float> sum, const Matrix& dz, bool accumulate) {
  kernels::column_sum(stream_.get(), sum.data(), dz.data(), dz.rows(), dz.columns(), accumulate,
                      column_sums_.data());
}

void Cuda::mark_active(std::span<std::uint8_t> active, const Matrix& a) {
  kernels::mark_active(stream_.get(), active.data(), a.data(), a.rows(), a.columns());
}

void Cuda::sum_blocks(std::span<Buffer<float>> blocks, std::size_t n) {
  for (std::size_t k = 1; k < n; ++k) {
    kernels::add(stream_.get(), blocks[0].data(), blocks[k].data(), blocks[0].size());
  }
}

void Cuda::sum_metrics(Buffer<Metrics>& metrics, std::span<const float> loss,
                       std::span<const std::uint8_t> hit) {
  kernels::sum_metrics(stream_.get(), metrics.data(), loss.data(), hit.data(), loss.size());
}

void Cuda::check_loss(Buffer<Cursor>& cursor, std::span<const float> loss) {
  kernels::check_loss(stream_.get(), cursor.data(), loss.data(), loss.size());
}

void Cuda::update(Buffer<float>& parameters, const Buffer<float>& gradient,
                  const OptimizerState<float>& state, const Optimizer& optimizer,
                  const Buffer<StepCoefficients>& steps, Buffer<Cursor>& cursor) {
  update_and_advance(parameters, gradient, state, optimizer, steps, cursor, 0, 0);
}

void Cuda::update_and_advance(Buffer<float>& parameters, const Buffer<float>& gradient,
                              const OptimizerState<float>& state, const Optimizer& optimizer,
                              const Buffer<StepCoefficients>& steps, Buffer<Cursor>& cursor,
                              std::size_t rows, std::size_t size) {
  kernels::update(stream_.get(), parameters.data(), gradient.data(), state, parameters.size(),
                  optimizer, steps.data(), cursor.data(), {rows, size}, update_state_.data());
}

void Cuda::advance(Buffer<Cursor>& cursor, std::size_t rows, std::size_t size) {
  kernels::advance(stream_.get(), cursor.data(), rows, size);
}

void Cuda::linear_activation(Matrix& a, MatrixView<const float> x, const Linear<const float>& layer,
                             const Activation& f) {
  a.set_rows(x.rows);
  const bool has_epilogue = options_.epilogues && f.kind == ActivationKind::relu;
  if (has_epilogue && fused_.linear_relu(a.view(), x, layer)) return;
  gemm(a, x, transpose(layer.weight));
  bias_activation(a, layer.bias, f);
}

void Cuda::linear_activation(Matrix& a, Pixels& x, const Linear<const float>& layer,
                             const Activation& f) {
  if (multiplies_bytes()) {
    a.set_rows(x.rows);
    kernels::exact_linear(stream_.get(), a.data(), bytes_of(x), layer.weight.data,
                          layer.bias.data(), layer.weight.rows, f);
    return;
  }
  linear_activation(a, widen(x), layer, f);
}

void Cuda::linear_gradient(const Linear<float>& gradient, const Matrix& dz, Pixels& x,
                           bool accumulate) {
  if (multiplies_bytes()) {
    kernels::exact_gradient(stream_.get(), gradient.weight.data, gradient.bias.data(), dz.data(),
                            bytes_of(x), dz.columns(), accumulate, gradient_parts_.data());
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
