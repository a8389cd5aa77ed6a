// The ops that backends on a GPU share: each queues a kernel on the backend's stream.
#include "backend/cuda/common.h"

namespace kilat {

void CudaCommon::shuffle(Buffer<std::uint32_t>& order, Shuffling& scratch, std::uint64_t seed,
                         std::uint32_t epoch) {
  kernels::shuffle(stream(), order.data(),
                   {scratch.keys.data(), scratch.sorted_keys.data(), scratch.indices.data(),
                    scratch.storage.data(), scratch.storage.size()},
                   order.size(), seed, epoch);
}

void CudaCommon::augment(Images& to, const Images& from, const AugmentedEpoch& epoch) {
  kernels::augment(stream(), to.data(), from.data(), from.size() / epoch.features(), epoch);
}

void CudaCommon::gather(CudaBytes& x, std::span<std::uint8_t> y, const Images& images,
                        std::span<const std::uint8_t> labels, const Buffer<std::uint32_t>& order,
                        const Buffer<Cursor>& cursor, Slice slice) {
  x.rows = slice.rows;
  if (order.size() == 0) {
    x.bytes = images.data() + slice.first * x.features;
    KILAT_CUDA(cudaMemcpyAsync(y.data(), labels.data() + slice.first, slice.rows,
                               cudaMemcpyDeviceToDevice, stream()));
    return;
  }
  x.bytes = x.gathered.data();
  kernels::gather(stream(), x.gathered.data(), y.data(), images.data(), labels.data(), order.data(),
                  cursor.data(), slice.first, slice.rows, x.features);
}

void CudaCommon::bias_activation(Matrix& z, std::span<const float> bias, const Activation& f) {
  kernels::bias_activation(stream(), z.data(), bias.data(), z.rows(), z.columns(), f);
}

void CudaCommon::activation_backward(Matrix& dz, const Matrix& a, const Activation& f) {
  kernels::activation_backward(stream(), dz.data(), a.data(), dz.size(), f);
}

void CudaCommon::mark_active(std::span<std::uint8_t> active, const Matrix& a) {
  kernels::mark_active(stream(), active.data(), a.data(), a.rows(), a.columns());
}

void CudaCommon::sum_blocks(std::span<Buffer<float>> blocks, std::size_t n) {
  for (std::size_t k = 1; k < n; ++k) {
    kernels::add(stream(), blocks[0].data(), blocks[k].data(), blocks[0].size());
  }
}

void CudaCommon::check_loss(Buffer<Cursor>& cursor, std::span<const float> loss) {
  kernels::check_loss(stream(), cursor.data(), loss.data(), loss.size());
}

void CudaCommon::update(Buffer<float>& parameters, const Buffer<float>& gradient,
                        const OptimizerState<float>& state, const Optimizer& optimizer,
                        const Buffer<StepCoefficients>& steps, Buffer<Cursor>& cursor) {
  update_and_advance(parameters, gradient, state, optimizer, steps, cursor, 0, 0);
}

void CudaCommon::update_and_advance(Buffer<float>& parameters, const Buffer<float>& gradient,
                                    const OptimizerState<float>& state, const Optimizer& optimizer,
                                    const Buffer<StepCoefficients>& steps, Buffer<Cursor>& cursor,
                                    std::size_t rows, std::size_t size) {
  kernels::update(stream(), parameters.data(), gradient.data(), state, parameters.size(), optimizer,
                  steps.data(), cursor.data(), {rows, size}, update_state_.data());
}

void CudaCommon::advance(Buffer<Cursor>& cursor, std::size_t rows, std::size_t size) {
  kernels::advance(stream(), cursor.data(), rows, size);
}

}  // namespace kilat
