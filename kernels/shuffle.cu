#include <algorithm>
#include <cub/device/device_radix_sort.cuh>

#include "base/philox.h"
#include "kernels/kernels.h"
#include "kernels/launch.h"

namespace kilat::kernels {
namespace {

constexpr int kKeyBits = 32;

// CUB uses the type of its count: 32 bits need fewer registers. Samples have 32-bit indices in any
// case.
std::uint32_t count_of(std::size_t n) { return static_cast<std::uint32_t>(n); }

// Each thread draws the keys of four samples.
__global__ void draw_keys(std::uint32_t* keys, std::uint32_t* indices, std::size_t n,
                          std::uint64_t seed, std::uint32_t epoch) {
  for (std::size_t q = first_index(); q < (n + 3) / 4; q += index_stride()) {
    const RandomBits random = philox(seed, Purpose::shuffle, epoch, q);
    for (unsigned k = 0; k < 4 && q * 4 + k < n; ++k) {
      keys[q * 4 + k] = random[k];
      indices[q * 4 + k] = static_cast<std::uint32_t>(q * 4 + k);
    }
  }
}

}  // namespace

std::size_t shuffle_storage(std::size_t n) {
  std::size_t bytes = 0;
  const std::uint32_t* keys = nullptr;
  std::uint32_t* sorted = nullptr;
  KILAT_CUDA(cub::DeviceRadixSort::SortPairs(nullptr, bytes, keys, sorted, keys, sorted,
                                             count_of(n), 0, kKeyBits));
  return bytes;
}

// Radix sort is stable: equal keys keep the order of their indices.
void shuffle(cudaStream_t stream, std::uint32_t* order, const ShuffleScratch& scratch,
             std::size_t n, std::uint64_t seed, std::uint32_t epoch) {
  if (n == 0) return;
  launch(stream, blocks_for((n + 3) / 4, kBlock), kBlock, draw_keys, scratch.keys, scratch.indices,
         n, seed, epoch);
  std::size_t bytes = scratch.storage_bytes;
  KILAT_CUDA(cub::DeviceRadixSort::SortPairs(scratch.storage, bytes, scratch.keys,
                                             scratch.sorted_keys, scratch.indices, order,
                                             count_of(n), 0, kKeyBits, stream));
}

}  // namespace kilat::kernels
