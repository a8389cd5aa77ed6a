#include "kernels/exact_product.h"

namespace kilat::kernels {
namespace {

// Each thread block computes a tile of M rows and N units.
template <class Tile, ActivationKind kind>
__global__ void __launch_bounds__(Tile::kThreads, Tile::kBlocks)
    exact_linear_tiles(float* z, BytePixels x, const float* weight, const float* bias,
                       std::size_t units, float slope) {
#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 800
  constexpr unsigned kM = Tile::kM, kN = Tile::kN;
  constexpr unsigned kStride = kN + 4;
  __shared__ __align__(32) typename Tile::Shared shared;
  __shared__ __align__(32) float result[kM * kStride];
  const std::size_t first_row = std::size_t{blockIdx.x} * kM;
  const std::size_t first_unit = std::size_t{blockIdx.y} * kN;
  const exact::Sums sums =
      exact::sums<Tile>(shared, x, first_row, exact::NumberSource(weight, units, x.features),
                        first_unit, 0, x.features, false);
  nvcuda::wmma::store_matrix_sync(result + Tile::warp_m() * kStride + Tile::warp_n(), sums.products,
                                  kStride, nvcuda::wmma::mem_row_major);
  __syncthreads();
  for (unsigned k = threadIdx.x; k < kM * kN; k += Tile::kThreads) {
    const std::size_t i = first_row + k / kN, j = first_unit + k % kN;
    if (i >= x.rows || j >= units) continue;
    float sum = result[k / kN * kStride + k % kN];
    if (bias != nullptr) sum = activate<kind>(sum + bias[j], slope);
    z[i * units + j] = sum;
  }
#endif
}

}  // namespace

void exact_linear(cudaStream_t stream, float* z, const BytePixels& x, const float* weight,
                  const float* bias, std::size_t units, const Activation& f) {
  exact::with_tile<true>(units, [&]<class Tile>() {
    const dim3 blocks(static_cast<unsigned>((x.rows + Tile::kM - 1) / Tile::kM),
                      static_cast<unsigned>((units + Tile::kN - 1) / Tile::kN));
    with_activation(f.kind, [&]<ActivationKind kind>() {
      launch(stream, blocks, Tile::kThreads, exact_linear_tiles<Tile, kind>, z, x, weight, bias,
             units, f.slope);
    });
  });
}

}  // namespace kilat::kernels
