#include "kernels/exact_product.h"

namespace kilat::kernels {
namespace {

constexpr std::size_t kMostBlocks = 512;  // the most thread blocks that the rows are divided for
constexpr std::size_t kLeastStages = 4;   // the fewest stages of rows for which a block pays
constexpr std::size_t kLargestTile = 128 * 16, kMostUnits = 32;  // sizes of the largest tiles

struct Gradient {
  float* weight;  // [units, features]
  float* bias;    // [units], or null
};

__device__ void put(float& to, float sum, bool accumulate) { to = accumulate ? to + sum : sum; }

// Each thread block computes a tile of M features and N units from part_rows of the rows.
// blockIdx.z is the part; the gradients of consecutive parts are `part_stride` numbers apart. The
// blocks of the first features also compute the bias's gradient.
template <class Tile>
__global__ void __launch_bounds__(Tile::kThreads, Tile::kBlocks)
    exact_gradient_tiles(Gradient gradient, const float* dz, BytePixels x, std::size_t units,
                         std::size_t part_rows, std::size_t part_stride, bool accumulate) {
#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 800
  constexpr unsigned kM = Tile::kM, kN = Tile::kN;
  constexpr unsigned kStride = kM + 4;
  __shared__ __align__(32) typename Tile::Shared shared;
  __shared__ __align__(32) float result[kN * kStride];  // [units, features]
  const std::size_t first_feature = std::size_t{blockIdx.x} * kM;
  const std::size_t first_unit = std::size_t{blockIdx.y} * kN;
  const std::size_t begin = blockIdx.z * part_rows;
  const std::size_t end = begin + part_rows < x.rows ? begin + part_rows : x.rows;
  const bool has_bias = gradient.bias != nullptr && blockIdx.x == 0;
  const exact::Sums sums =
      exact::sums<Tile>(shared, x, first_feature, exact::NumberSource(dz, x.rows, units),
                        first_unit, begin, end, has_bias);
  float* of_warp = result + Tile::warp_n() * kStride + Tile::warp_m();
  nvcuda::wmma::store_matrix_sync(of_warp, sums.products, kStride, nvcuda::wmma::mem_col_major);
  __syncthreads();
  for (unsigned k = threadIdx.x; k < kM * kN; k += Tile::kThreads) {
    const std::size_t j = first_unit + k / kM, f = first_feature + k % kM;
    if (j >= units || f >= x.features) continue;
    put(gradient.weight[blockIdx.z * part_stride + j * x.features + f],
        result[k / kM * kStride + k % kM], accumulate);
  }
  if (!has_bias) return;
  __syncthreads();
  nvcuda::wmma::store_matrix_sync(of_warp, sums.numbers, kStride, nvcuda::wmma::mem_col_major);
  __syncthreads();
  const unsigned j = threadIdx.x;
  if (j >= kN || first_unit + j >= units) return;
  put(gradient.bias[blockIdx.z * part_stride + first_unit + j], result[j * kStride], accumulate);
#endif
}

// gradient (+)= Σ parts, in their order. A part has n numbers: `weights` of the weight's gradient,
// then those of the bias.
__global__ void sum_parts(Gradient gradient, const float* parts, std::size_t count,
                          std::size_t weights, std::size_t n, bool accumulate) {
  for (std::size_t k = first_index(); k < n; k += index_stride()) {
    float sum = 0;
    for (std::size_t p = 0; p < count; ++p) sum += parts[p * n + k];
    put(k < weights ? gradient.weight[k] : gradient.bias[k - weights], sum, accumulate);
  }
}

// Rows per part, a multiple of `depth`: aims at kMostBlocks blocks of at least kLeastStages stages.
std::size_t rows_of_part(std::size_t rows, std::size_t depth, std::size_t tiles) {
  const std::size_t stages = std::max<std::size_t>((rows + depth - 1) / depth, 1);
  const std::size_t parts =
      std::max<std::size_t>(std::min(kMostBlocks / tiles, stages / kLeastStages), 1);
  return (stages + parts - 1) / parts * depth;
}

}  // namespace

std::size_t exact_gradient_scratch() { return kMostBlocks * (kLargestTile + kMostUnits); }

void exact_gradient(cudaStream_t stream, float* gradient, float* bias_gradient, const float* dz,
                    const BytePixels& x, std::size_t units, bool accumulate, float* scratch) {
  exact::with_tile<false>(units, [&]<class Tile>() {
    static_assert(Tile::kM * Tile::kN <= kLargestTile && Tile::kN <= kMostUnits);
    dim3 blocks(static_cast<unsigned>((x.features + Tile::kM - 1) / Tile::kM),
                static_cast<unsigned>((units + Tile::kN - 1) / Tile::kN));
    if (blocks.x == 0 || blocks.y == 0) return;
    const std::size_t part_rows =
        rows_of_part(x.rows, Tile::kDepth, std::size_t{blocks.x} * blocks.y);
    const std::size_t parts = std::max<std::size_t>((x.rows + part_rows - 1) / part_rows, 1);
    blocks.z = static_cast<unsigned>(parts);
    const std::size_t weights = units * x.features;
    const std::size_t n = bias_gradient == nullptr ? weights : weights + units;
    const Gradient to{gradient, bias_gradient};
    const Gradient part{scratch, bias_gradient == nullptr ? nullptr : scratch + weights};
    launch(stream, blocks, Tile::kThreads, exact_gradient_tiles<Tile>, parts == 1 ? to : part, dz,
           x, units, part_rows, n, parts == 1 && accumulate);
    if (parts == 1) return;
    launch(stream, blocks_for(n, kBlock), kBlock, sum_parts, to, scratch, parts, weights, n,
           accumulate);
  });
}

}  // namespace kilat::kernels
