// The first layer's products in whole numbers, one thread a result.
#include "kernels/launch.h"
#include "kernels/portable/kernels.h"

namespace kilat::kernels::portable {
namespace {

__global__ void multiply_weights(float* z, BytePixels x, Whole weight, std::size_t units) {
  const long long shift = whole_shift(x.shift);
  for (std::size_t at = first_index(); at < x.rows * units; at += index_stride()) {
    const std::size_t i = at / units, j = at % units;
    const std::uint8_t* bytes = x.bytes + i * x.features;
    long long total = 0;
    for (std::size_t f = 0; f < x.features; ++f) {
      total += static_cast<long long>(weight.value[f * units + j]) * bytes[f];
    }
    z[at] = whole_logit(total, weight.sum[j], shift, weight.scale[j], x.scale);
  }
}

__global__ void multiply_gradients(float* gradient, BytePixels x, Whole dz, std::size_t units,
                                   bool accumulate) {
  for (std::size_t at = first_index(); at < units * x.features; at += index_stride()) {
    const std::size_t j = at / x.features, f = at % x.features;
    long long total = 0;
    for (std::size_t i = 0; i < x.rows; ++i) {
      total += static_cast<long long>(dz.value[i * units + j]) * x.bytes[i * x.features + f];
    }
    const float g = kilat::whole_gradient(static_cast<float>(total), static_cast<float>(dz.sum[j]),
                                          x.shift, dz.scale[j], x.scale);
    gradient[at] = accumulate ? gradient[at] + g : g;
  }
}

}  // namespace

void whole_linear(cudaStream_t stream, float* z, const BytePixels& x, const Whole& weight,
                  std::size_t units) {
  launch(stream, blocks_for(x.rows * units, kBlock), kBlock, multiply_weights, z, x, weight, units);
}

void whole_gradient(cudaStream_t stream, float* gradient, const BytePixels& x, const Whole& dz,
                    std::size_t units, bool accumulate) {
  launch(stream, blocks_for(units * x.features, kBlock), kBlock, multiply_gradients, gradient, x,
         dz, units, accumulate);
}

}  // namespace kilat::kernels::portable
