#include "kernels/kernels.h"
#include "kernels/launch.h"

namespace kilat::kernels {
namespace {

// Each thread checks one column, in its grid row's share of the rows. Concurrent writes are
// harmless: all write the same value.
__global__ void mark_active_columns(std::uint8_t* active, const float* a, std::size_t rows,
                                    std::size_t columns) {
  for (std::size_t j = first_index(); j < columns; j += index_stride()) {
    bool fired = false;
    for (std::size_t i = blockIdx.y; i < rows && !fired; i += gridDim.y) {
      fired = a[i * columns + j] > 0;
    }
    if (fired) active[j] = 1;
  }
}

}  // namespace

void mark_active(cudaStream_t stream, std::uint8_t* active, const float* a, std::size_t rows,
                 std::size_t columns) {
  constexpr unsigned kThreads = 64;
  constexpr std::size_t kRows = 64;  // down a column
  constexpr unsigned kMaxGridRows = 1024;
  const unsigned grid_rows = std::min(blocks_for(rows, kRows), kMaxGridRows);
  launch(stream, dim3(blocks_for(columns, kThreads), grid_rows), kThreads, mark_active_columns,
         active, a, rows, columns);
}

}  // namespace kilat::kernels
