#include "kernels/kernels.h"
#include "kernels/launch.h"

namespace kilat::kernels {
namespace {

template <unsigned N, ActivationKind kind>
__global__ void activation_backward_packs(Pack<float, N>* dz, const Pack<float, N>* a,
                                          std::size_t packs, float slope) {
  for (std::size_t i = first_index(); i < packs; i += index_stride()) {
    const Pack<float, N> activation = a[i];
    Pack<float, N> gradient = dz[i];
    for (unsigned k = 0; k < N; ++k) {
      gradient.value[k] = activation_gradient<kind>(gradient.value[k], activation.value[k], slope);
    }
    dz[i] = gradient;
  }
}

template <unsigned N>
void launch_activation_backward(cudaStream_t stream, float* dz, const float* a, std::size_t n,
                                const Activation& f) {
  with_activation(f.kind, [&]<ActivationKind kind>() {
    launch(stream, blocks_for(n / N, kBlock), kBlock, activation_backward_packs<N, kind>,
           reinterpret_cast<Pack<float, N>*>(dz), reinterpret_cast<const Pack<float, N>*>(a), n / N,
           f.slope);
  });
}

}  // namespace

void activation_backward(cudaStream_t stream, float* dz, const float* a, std::size_t n,
                         const Activation& f) {
  constexpr unsigned kWide = 4;
  const bool wide = n % kWide == 0 && is_aligned(dz, kWide * sizeof(float)) &&
                    is_aligned(a, kWide * sizeof(float));
  (wide ? launch_activation_backward<kWide> : launch_activation_backward<1>)(stream, dz, a, n, f);
}

}  // namespace kilat::kernels
