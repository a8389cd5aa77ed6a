#include "kernels/kernels.h"
#include "kernels/launch.h"

namespace kilat::kernels {
namespace {

// columns and packs count Packs. Each thread tracks its column without a division in the loop.
template <unsigned N, ActivationKind kind>
__global__ void bias_activation_packs(Pack<float, N>* z, const Pack<float, N>* bias,
                                      std::size_t packs, std::size_t columns, float slope) {
  const std::size_t step = index_stride() % columns;
  std::size_t j = first_index() % columns;
  for (std::size_t i = first_index(); i < packs; i += index_stride()) {
    Pack<float, N> x = z[i];
    const Pack<float, N> b = bias[j];
    for (unsigned k = 0; k < N; ++k) x.value[k] = activate<kind>(x.value[k] + b.value[k], slope);
    z[i] = x;
    j += step;
    if (j >= columns) j -= columns;
  }
}

template <unsigned N>
void launch_bias_activation(cudaStream_t stream, float* z, const float* bias, std::size_t rows,
                            std::size_t columns, const Activation& f) {
  const std::size_t packs = rows * columns / N;
  with_activation(f.kind, [&]<ActivationKind kind>() {
    launch(stream, blocks_for(packs, kBlock), kBlock, bias_activation_packs<N, kind>,
           reinterpret_cast<Pack<float, N>*>(z), reinterpret_cast<const Pack<float, N>*>(bias),
           packs, columns / N, f.slope);
  });
}

}  // namespace

void bias_activation(cudaStream_t stream, float* z, const float* bias, std::size_t rows,
                     std::size_t columns, const Activation& f) {
  constexpr unsigned kWide = 4;
  const bool wide = columns % kWide == 0 && is_aligned(z, kWide * sizeof(float)) &&
                    is_aligned(bias, kWide * sizeof(float));
  (wide ? launch_bias_activation<kWide> : launch_bias_activation<1>)(stream, z, bias, rows, columns,
                                                                     f);
}

}  // namespace kilat::kernels
