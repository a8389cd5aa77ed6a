#include "backend/cuda/common.h"

#include <algorithm>

#include "kernels/check.h"

namespace kilat {
namespace {

// Activations of this many rows fit on any GPU. All 60,000 images of MNIST are then one slice.
constexpr std::size_t kSliceRows = 65536;

Stream make_stream_on(int device) {
  KILAT_CUDA(cudaSetDevice(device));
  return make_stream();
}

}  // namespace

CudaCommon::CudaCommon(const CudaOptions& options)
    : options_(options),
      stream_(make_stream_on(options.device)),
      recorder_(stream()),
      profiler_(stream()),
      update_state_(1, stream()) {
  kernels::synchronous_launches = options.sync;
  const kernels::UpdateState at_rest;
  upload(std::span(&at_rest, 1), update_state_);
}

CudaCommon::Images CudaCommon::images(std::span<const std::uint8_t> bytes,
                                      std::size_t /*features*/) {
  auto images = buffer<std::uint8_t>(bytes.size());
  upload(bytes, images);
  return images;
}

CudaShuffling CudaCommon::shuffling(std::size_t size) {
  return {.keys = buffer<std::uint32_t>(size),
          .sorted_keys = buffer<std::uint32_t>(size),
          .indices = buffer<std::uint32_t>(size),
          .storage = buffer<std::byte>(size == 0 ? 0 : kernels::shuffle_storage(size))};
}

void CudaCommon::upload(std::span<const float> from, std::size_t rows, Matrix& to) {
  to.set_rows(rows);
  copy(to.data(), from.data(), from.size_bytes(), cudaMemcpyHostToDevice);
}

void CudaCommon::download(const Matrix& from, std::span<float> to) {
  copy(to.data(), from.data(), from.size() * sizeof(float), cudaMemcpyDeviceToHost);
}

// Waits for the copy: downloads are complete, and the caller may change what it uploaded.
void CudaCommon::copy(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind) {
  if (bytes == 0) return;
  KILAT_CUDA(cudaMemcpyAsync(to, from, bytes, kind, stream()));
  KILAT_CUDA(cudaStreamSynchronize(stream()));
}

Plan CudaCommon::plan(std::size_t rows) const {
  return {1, std::clamp<std::size_t>(rows, 1, kSliceRows)};
}

}  // namespace kilat
