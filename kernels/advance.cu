#include "kernels/cursor.h"
#include "kernels/kernels.h"
#include "kernels/launch.h"

namespace kilat::kernels {
namespace {

__global__ void advance_cursor(Cursor* cursor, std::uint64_t rows, std::uint64_t size) {
  if (cursor->fault == kNoFault) move_on(cursor, rows, size);
}

}  // namespace

void advance(cudaStream_t stream, Cursor* cursor, std::size_t rows, std::size_t size) {
  launch(stream, 1, 1, advance_cursor, cursor, rows, size);
}

}  // namespace kilat::kernels
