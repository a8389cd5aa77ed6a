#include "kernels/exact_product.h"

namespace kilat::kernels {
namespace {

constexpr std::size_t kBlocks = 512;     // that a tall batch is shared out to, at most
constexpr std::size_t kLeastStages = 4;  // of rows, that a block is worth
constexpr std::size_t kLargestTile = 128 * 16;

// A block a tile of M features and N units, over part_rows of the rows: blockIdx.z counts the
// parts, whose results follow each other in `gradient`.
template <class Tile>
__global__ void __launch_bounds__(Tile::kThreads, Tile::kBlocks)
    exact_gradient_tiles(float* gradient, const float* dz, BytePixels x, std::size_t units,
                         std::size_t part_rows, bool accumulate) {
#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 800
  constexpr unsigned kM = Tile::kM, kN = Tile::kN;
  constexpr unsigned kStride = kM + 4;
  __shared__ __align__(32) typename Tile::Shared shared;
  __shared__ __align__(32) float result[kN * kStride];  // [units, features]
  const std::size_t first_feature = std::size_t{blockIdx.x} * kM;
  const std::size_t first_unit = std::size_t{blockIdx.y} * kN;
  const std::size_t begin = blockIdx.z * part_rows;
  const std::size_t end = begin + part_rows < x.rows ? begin + part_rows : x.rows;
  const auto part = exact::product<Tile>(
      shared, x, first_feature, exact::NumberSource(dz, x.rows, units), first_unit, begin, end);
  nvcuda::wmma::store_matrix_sync(result + Tile::warp_n() * kStride + Tile::warp_m(), part, kStride,
                                  nvcuda::wmma::mem_col_major);
  __syncthreads();
  float* to = gradient + blockIdx.z * units * x.features;
  for (unsigned k = threadIdx.x; k < kM * kN; k += Tile::kThreads) {
    const std::size_t j = first_unit + k / kM, f = first_feature + k % kM;
    if (j >= units || f >= x.features) continue;
    const float sum = result[k / kM * kStride + k % kM];
    float& into = to[j * x.features + f];
    into = accumulate ? into + sum : sum;
  }
#endif
}

// gradient[k] (+)= Σ parts[p][k], in the order of the parts
__global__ void sum_parts(float* gradient, const float* parts, std::size_t count, std::size_t n,
                          bool accumulate) {
  for (std::size_t k = first_index(); k < n; k += index_stride()) {
    float sum = accumulate ? gradient[k] : 0;
    for (std::size_t p = 0; p < count; ++p) sum += parts[p * n + k];
    gradient[k] = sum;
  }
}

// Rows of a part, a multiple of `depth`: as many parts as make kBlocks blocks, if each is worth it.
std::size_t rows_of_part(std::size_t rows, std::size_t depth, std::size_t tiles) {
  const std::size_t stages = (rows + depth - 1) / depth;
  const std::size_t parts =
      std::max<std::size_t>(std::min(kBlocks / tiles, stages / kLeastStages), 1);
  return (stages + parts - 1) / parts * depth;
}

}  // namespace

std::size_t exact_gradient_scratch() { return kBlocks * kLargestTile; }

void exact_gradient(cudaStream_t stream, float* gradient, const float* dz, const BytePixels& x,
                    std::size_t units, bool accumulate, float* scratch) {
  exact::with_tile<false>(units, [&]<class Tile>() {
    dim3 blocks(static_cast<unsigned>((x.features + Tile::kM - 1) / Tile::kM),
                static_cast<unsigned>((units + Tile::kN - 1) / Tile::kN));
    static_assert(Tile::kM * Tile::kN <= kLargestTile);
    if (blocks.x == 0 || blocks.y == 0) return;
    const std::size_t part_rows =
        rows_of_part(x.rows, Tile::kDepth, std::size_t{blocks.x} * blocks.y);
    const std::size_t parts = x.rows <= part_rows ? 1 : (x.rows + part_rows - 1) / part_rows;
    blocks.z = static_cast<unsigned>(parts);
    const bool whole = parts == 1;
    launch(stream, blocks, Tile::kThreads, exact_gradient_tiles<Tile>, whole ? gradient : scratch,
           dz, x, units, part_rows, whole && accumulate);
    if (whole) return;
    const std::size_t n = units * x.features;
    launch(stream, blocks_for(n, kBlock), kBlock, sum_parts, gradient, scratch, parts, n,
           accumulate);
  });
}

}  // namespace kilat::kernels
