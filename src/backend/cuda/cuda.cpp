#include "backend/cuda/cuda.h"

#include <algorithm>

#include "backend/backend.h"
#include "kernels/check.h"

namespace kilat {

static_assert(Backend<Cuda>);

namespace {

// Activations of this many rows fit on any GPU. All 60,000 images of MNIST are then one slice.
constexpr std::size_t kSliceRows = 65536;

Stream make_stream_on(int device) {
  KILAT_CUDA(cudaSetDevice(device));
  return make_stream();
}

// Whether tensor cores take bf16.
bool has_bf16(int device) {
  int major = 0;
  KILAT_CUDA(cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device));
  return major >= 8;
}

}  // namespace

Cuda::Cuda(const CudaOptions& options)
    : options_(options),
      stream_(make_stream_on(options.device)),
      products_(stream_.get(), options.precision),
      fused_(stream_.get(), options.precision, products_.workspace().data(),
             products_.workspace().size()),
      recorder_(stream_.get()),
      profiler_(stream_.get()),
      update_state_(1, stream_.get()) {
  kernels::synchronous_launches = options.sync;
  const kernels::UpdateState at_rest;
  upload(std::span(&at_rest, 1), update_state_);
  if (options.exact_bytes && has_bf16(options.device)) {
    gradient_parts_ = buffer<float>(kernels::exact_gradient_scratch());
  }
}

DeviceMatrix Cuda::matrix(std::size_t capacity, std::size_t columns) {
  const std::size_t scratch = kernels::column_sum_scratch(columns);
  if (column_sums_.size() < scratch) column_sums_ = buffer<float>(scratch);
  return Matrix(capacity, columns, stream_.get());
}

Cuda::Images Cuda::images(std::span<const std::uint8_t> bytes, std::size_t /*features*/) {
  auto images = buffer<std::uint8_t>(bytes.size());
  upload(bytes, images);
  return images;
}

CudaPixels Cuda::pixels(std::size_t capacity, std::size_t features, Normalisation normalisation) {
  return {.gathered = buffer<std::uint8_t>(capacity * features),
          .widened = buffer<float>(multiplies_bytes() ? 0 : capacity * features),
          .features = features,
          .normalisation = normalisation};
}

CudaShuffling Cuda::shuffling(std::size_t size) {
  return {.keys = buffer<std::uint32_t>(size),
          .sorted_keys = buffer<std::uint32_t>(size),
          .indices = buffer<std::uint32_t>(size),
          .storage = buffer<std::byte>(size == 0 ? 0 : kernels::shuffle_storage(size))};
}

void Cuda::upload(std::span<const float> from, std::size_t rows, Matrix& to) {
  to.set_rows(rows);
  copy(to.data(), from.data(), from.size_bytes(), cudaMemcpyHostToDevice);
}

void Cuda::download(const Matrix& from, std::span<float> to) {
  copy(to.data(), from.data(), from.size() * sizeof(float), cudaMemcpyDeviceToHost);
}

// Waits for the copy: downloads are complete, and the caller may change what it uploaded.
void Cuda::copy(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind) {
  if (bytes == 0) return;
  KILAT_CUDA(cudaMemcpyAsync(to, from, bytes, kind, stream_.get()));
  KILAT_CUDA(cudaStreamSynchronize(stream_.get()));
}

Plan Cuda::plan(std::size_t rows) const {
  return {1, std::clamp<std::size_t>(rows, 1, kSliceRows)};
}

}  // namespace kilat
