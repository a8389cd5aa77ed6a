#include "kernels/kernels.h"
#include "kernels/launch.h"

namespace kilat::kernels {
namespace {

template <unsigned N>
__global__ void widen_bytes(Pack<float, N>* x, const Pack<std::uint8_t, N>* bytes,
                            std::size_t packs, float shift, float scale) {
  for (std::size_t i = first_index(); i < packs; i += index_stride()) {
    const Pack<std::uint8_t, N> from = bytes[i];
    Pack<float, N> to;
    for (unsigned k = 0; k < N; ++k) to.value[k] = (from.value[k] - shift) * scale;
    x[i] = to;
  }
}

template <unsigned N>
void launch_widen(cudaStream_t stream, float* x, const std::uint8_t* bytes, std::size_t n,
                  float shift, float scale) {
  launch(stream, blocks_for(n / N, kBlock), kBlock, widen_bytes<N>,
         reinterpret_cast<Pack<float, N>*>(x),
         reinterpret_cast<const Pack<std::uint8_t, N>*>(bytes), n / N, shift, scale);
}

}  // namespace

void widen(cudaStream_t stream, float* x, const std::uint8_t* bytes, std::size_t n, float shift,
           float scale) {
  constexpr unsigned kWide = 4;
  const bool wide =
      n % kWide == 0 && is_aligned(x, kWide * sizeof(float)) && is_aligned(bytes, kWide);
  (wide ? launch_widen<kWide> : launch_widen<1>)(stream, x, bytes, n, shift, scale);
}

}  // namespace kilat::kernels
