#include "kernels/kernels.h"
#include "kernels/launch.h"

namespace kilat::kernels {
namespace {

template <unsigned N>
__global__ void relu_backward_packs(Pack<float, N>* dz, const Pack<float, N>* a,
                                    std::size_t packs) {
  for (std::size_t i = first_index(); i < packs; i += index_stride()) {
    const Pack<float, N> activation = a[i];
    Pack<float, N> gradient = dz[i];
    for (unsigned k = 0; k < N; ++k) {
      gradient.value[k] = activation.value[k] > 0 ? gradient.value[k] : 0;
    }
    dz[i] = gradient;
  }
}

template <unsigned N>
void launch_relu_backward(cudaStream_t stream, float* dz, const float* a, std::size_t n) {
  launch(stream, blocks_for(n / N, kBlock), kBlock, relu_backward_packs<N>,
         reinterpret_cast<Pack<float, N>*>(dz), reinterpret_cast<const Pack<float, N>*>(a), n / N);
}

}  // namespace

void relu_backward(cudaStream_t stream, float* dz, const float* a, std::size_t n) {
  constexpr unsigned kWide = 4;
  const bool wide = n % kWide == 0 && is_aligned(dz, kWide * sizeof(float)) &&
                    is_aligned(a, kWide * sizeof(float));
  (wide ? launch_relu_backward<kWide> : launch_relu_backward<1>)(stream, dz, a, n);
}

}  // namespace kilat::kernels
