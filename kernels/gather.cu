#include "kernels/kernels.h"
#include "kernels/launch.h"
#include "kernels/warp.h"

namespace kilat::kernels {
namespace {

// One warp per row. T is as wide as the alignment of rows and pointers allows; features counts Ts.
template <class T>
__global__ void gather_rows(T* x, std::uint8_t* y, const T* pixels, const std::uint8_t* labels,
                            const std::uint32_t* order, const Cursor* cursor, std::size_t first,
                            std::size_t rows, std::size_t features) {
  const std::uint32_t* samples = order + cursor->position + first;
  const unsigned lane = threadIdx.x % kWarp;
  for (std::size_t i = first_index() / kWarp; i < rows; i += index_stride() / kWarp) {
    const std::size_t sample = samples[i];
    for (std::size_t f = lane; f < features; f += kWarp) {
      x[i * features + f] = pixels[sample * features + f];
    }
    if (lane == 0) y[i] = labels[sample];
  }
}

template <class T>
void launch_gather(cudaStream_t stream, std::uint8_t* x, std::uint8_t* y,
                   const std::uint8_t* pixels, const std::uint8_t* labels,
                   const std::uint32_t* order, const Cursor* cursor, std::size_t first,
                   std::size_t rows, std::size_t features) {
  launch(stream, blocks_for(rows, kBlock / kWarp), kBlock, gather_rows<T>, reinterpret_cast<T*>(x),
         y, reinterpret_cast<const T*>(pixels), labels, order, cursor, first, rows,
         features / sizeof(T));
}

}  // namespace

void gather(cudaStream_t stream, std::uint8_t* x, std::uint8_t* y, const std::uint8_t* pixels,
            const std::uint8_t* labels, const std::uint32_t* order, const Cursor* cursor,
            std::size_t first, std::size_t rows, std::size_t features) {
  const auto fits = [&](std::size_t bytes) {
    return features % bytes == 0 && is_aligned(x, bytes) && is_aligned(pixels, bytes);
  };
  const auto with = fits(sizeof(uint4))      ? launch_gather<uint4>
                    : fits(sizeof(unsigned)) ? launch_gather<unsigned>
                                             : launch_gather<std::uint8_t>;
  with(stream, x, y, pixels, labels, order, cursor, first, rows, features);
}

}  // namespace kilat::kernels
