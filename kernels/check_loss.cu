#include "kernels/cursor.h"
#include "kernels/kernels.h"
#include "kernels/launch.h"

namespace kilat::kernels {
namespace {

__global__ void check_losses(Cursor* cursor, const float* loss, std::size_t rows) {
  for (std::size_t i = first_index(); i < rows; i += index_stride()) {
    if (!is_finite(loss[i])) set_fault(cursor, kLossFault);
  }
}

}  // namespace

void check_loss(cudaStream_t stream, Cursor* cursor, const float* loss, std::size_t rows) {
  launch(stream, blocks_for(rows, kBlock), kBlock, check_losses, cursor, loss, rows);
}

}  // namespace kilat::kernels
