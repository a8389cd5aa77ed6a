#include "kernels/kernels.h"
#include "kernels/launch.h"

namespace kilat::kernels {
namespace {

constexpr unsigned kMaxChunks = 128;
constexpr unsigned kChunkRows = 512;  // rows of a chunk; more if kMaxChunks would not suffice

// A thread block sums `chunk_rows` rows of `Columns` columns. Each row of its threads sums every
// (kBlock / Columns)-th row, and the first row of threads then adds up these sums in order. With
// several chunks (gridDim.y), `sum` is [chunks, columns].
template <unsigned Columns>
__global__ void column_sum_chunks(float* sum, const float* dz, std::size_t rows,
                                  std::size_t columns, std::size_t chunk_rows, bool accumulate) {
  constexpr unsigned kThreadRows = kBlock / Columns;
  __shared__ float partial[kThreadRows][Columns];
  const unsigned column = threadIdx.x % Columns;
  const unsigned thread_row = threadIdx.x / Columns;
  const std::size_t begin = blockIdx.y * chunk_rows;
  const std::size_t end = begin + chunk_rows < rows ? begin + chunk_rows : rows;
  for (std::size_t first = std::size_t{blockIdx.x} * Columns; first < columns;
       first += std::size_t{gridDim.x} * Columns) {
    const std::size_t j = first + column;
    float total = 0;
    if (j < columns) {
      for (std::size_t i = begin + thread_row; i < end; i += kThreadRows) {
        total += dz[i * columns + j];
      }
    }
    partial[thread_row][column] = total;
    __syncthreads();
    if (thread_row == 0 && j < columns) {
      for (unsigned r = 1; r < kThreadRows; ++r) total += partial[r][column];
      float& to = sum[blockIdx.y * columns + j];
      to = accumulate ? to + total : total;
    }
    __syncthreads();
  }
}

template <unsigned Columns>
void launch_column_sum(cudaStream_t stream, float* sum, const float* dz, std::size_t rows,
                       std::size_t columns, std::size_t chunk_rows, unsigned chunks,
                       bool accumulate) {
  launch(stream, dim3(blocks_for(columns, Columns), chunks), kBlock, column_sum_chunks<Columns>,
         sum, dz, rows, columns, chunk_rows, accumulate);
}

}  // namespace

std::size_t column_sum_scratch(std::size_t columns) { return kMaxChunks * columns; }

void column_sum(cudaStream_t stream, float* sum, const float* dz, std::size_t rows,
                std::size_t columns, bool accumulate, float* scratch) {
  const auto with = columns <= 16 ? launch_column_sum<16> : launch_column_sum<32>;
  const std::size_t chunk_rows =
      rows <= kChunkRows * kMaxChunks ? kChunkRows : (rows + kMaxChunks - 1) / kMaxChunks;
  const std::size_t chunks = rows <= chunk_rows ? 1 : (rows + chunk_rows - 1) / chunk_rows;
  if (chunks == 1) {
    with(stream, sum, dz, rows, columns, chunk_rows, 1, accumulate);
    return;
  }
  with(stream, scratch, dz, rows, columns, chunk_rows, static_cast<unsigned>(chunks), false);
  with(stream, sum, scratch, chunks, columns, chunks, 1, accumulate);
}

}  // namespace kilat::kernels
