#include "kernels/kernels.h"
#include "kernels/launch.h"
#include "kernels/warp.h"

namespace kilat::kernels {
namespace {

// One warp per image.
__global__ void augment_images(std::uint8_t* to, const std::uint8_t* from, std::size_t count,
                               AugmentedEpoch epoch) {
  const std::size_t features = epoch.features();
  const unsigned lane = threadIdx.x % kWarp;
  for (std::size_t i = first_index() / kWarp; i < count; i += index_stride() / kWarp) {
    const std::uint8_t* image = from + i * features;
    const Movement m = movement(epoch, i);
    const std::uint8_t fill = background(image, epoch.height, epoch.width);
    for (std::size_t f = lane; f < features; f += kWarp) {
      const auto y = static_cast<std::uint32_t>(f / epoch.width);
      const auto x = static_cast<std::uint32_t>(f % epoch.width);
      to[i * features + f] = augmented_pixel(image, epoch, m, fill, y, x);
    }
  }
}

}  // namespace

void augment(cudaStream_t stream, std::uint8_t* to, const std::uint8_t* from, std::size_t count,
             const AugmentedEpoch& epoch) {
  launch(stream, blocks_for(count, kBlock / kWarp), kBlock, augment_images, to, from, count, epoch);
}

}  // namespace kilat::kernels
