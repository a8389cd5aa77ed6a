#include "backend/cuda/cuda.h"

#include "backend/backend.h"
#include "kernels/check.h"

namespace kilat {

static_assert(Backend<Cuda>);

namespace {

// Whether tensor cores take bf16.
bool has_bf16(int device) {
  int major = 0;
  KILAT_CUDA(cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device));
  return major >= 8;
}

}  // namespace

Cuda::Cuda(const CudaOptions& options)
    : CudaCommon(options),
      products_(stream(), options.precision),
      fused_(stream(), options.precision, products_.workspace().data(),
             products_.workspace().size()) {
  if (options.exact_bytes && has_bf16(options.device)) {
    gradient_parts_ = buffer<float>(kernels::exact_gradient_scratch());
  }
}

DeviceMatrix Cuda::matrix(std::size_t capacity, std::size_t columns) {
  const std::size_t scratch = kernels::column_sum_scratch(columns);
  if (column_sums_.size() < scratch) column_sums_ = buffer<float>(scratch);
  return CudaCommon::matrix(capacity, columns);
}

CudaPixels Cuda::pixels(std::size_t capacity, std::size_t features, Normalisation normalisation) {
  return {{.gathered = buffer<std::uint8_t>(capacity * features),
           .features = features,
           .normalisation = normalisation},
          buffer<float>(multiplies_bytes() ? 0 : capacity * features)};
}

}  // namespace kilat
