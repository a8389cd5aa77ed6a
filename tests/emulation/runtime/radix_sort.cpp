#include <algorithm>
#include <cstring>
#include <numeric>
#include <vector>

#include <fmt/format.h>

#include "cub/device/device_radix_sort.cuh"
#include "runtime/arena.h"
#include "runtime/counters.h"
#include "runtime/failure.h"
#include "runtime/shared_memory.h"
#include "runtime/stream.h"
#include "runtime/turn.h"

namespace emulation {
namespace {

constexpr const char* kCall = "cub::DeviceRadixSort";

struct Sort {
  void* storage;
  std::size_t storage_bytes;
  SortArray keys, values;
  std::size_t count;
  int begin_bit, end_bit;

  bool check() const {
    const std::string name = kCall;
    if (!check_range(storage, storage_bytes, name + ": the temporary storage")) return false;
    for (const auto& [array, what] : {std::pair(keys, ": keys "), std::pair(values, ": values ")}) {
      const std::size_t bytes = count * array.width;
      if (!check_range(array.in, bytes, name + what + "in") ||
          !check_range(array.out, bytes, name + what + "out")) {
        return false;
      }
      const auto* in = static_cast<const char*>(array.in);
      const auto* out = static_cast<const char*>(array.out);
      if (in < out + bytes && out < in + bytes) {
        fail(name + what + "in and out overlap");
        return false;
      }
    }
    return true;
  }

  std::uint64_t key(std::size_t i) const {
    std::uint64_t value = 0;
    std::memcpy(&value, static_cast<const char*>(keys.in) + i * keys.width, keys.width);
    const int bits = end_bit - begin_bit;
    value = begin_bit < 64 ? value >> begin_bit : 0;
    return bits < 64 ? value & ((std::uint64_t{1} << bits) - 1) : value;
  }

  void run() const {
    if (!check()) return;
    ++counted().library_calls;
    std::vector<std::uint64_t> key_bits(count);
    for (std::size_t i = 0; i < count; ++i) key_bits[i] = key(i);
    std::vector<std::size_t> order(count);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return key_bits[a] < key_bits[b]; });
    for (const SortArray& array : {keys, values}) {
      for (std::size_t i = 0; i < count && array.width > 0; ++i) {
        std::memcpy(static_cast<char*>(array.out) + i * array.width,
                    static_cast<const char*>(array.in) + order[i] * array.width, array.width);
      }
    }
    // Whoever else uses the storage is to notice.
    std::memset(storage, kPoison, storage_bytes);
  }
};

}  // namespace

cudaError_t radix_sort(void* storage, std::size_t& bytes, SortArray keys, SortArray values,
                       std::size_t count, int begin_bit, int end_bit, cudaStream_t stream) {
  const Turn turn;
  if (begin_bit < 0 || end_bit < begin_bit || end_bit > static_cast<int>(keys.width * 8)) {
    return answer(cudaErrorInvalidValue, kCall, fmt::format("bits {} to {}", begin_bit, end_bit));
  }
  // Like CUB: a little for the histograms, and room for a second copy.
  const std::size_t needed = 4096 + count * (keys.width + values.width);
  if (storage == nullptr) {
    bytes = needed;
    return cudaSuccess;
  }
  if (bytes < needed) {
    return answer(cudaErrorInvalidValue, kCall,
                  fmt::format("{} bytes of storage where {} are needed", bytes, needed));
  }
  const Sort sort = {storage, needed, keys, values, count, begin_bit, end_bit};
  if (!sort.check()) return answer(cudaErrorInvalidValue, kCall);
  return enqueue(stream, {kCall, [sort] { sort.run(); }}, kCall);
}

}  // namespace emulation
