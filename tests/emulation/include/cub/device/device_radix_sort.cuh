// Stands in for CUB's radix sort: stable, ascending, unsigned keys, queued in the stream.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>

#include "cuda_runtime.h"

namespace emulation {

struct SortArray {
  const void* in;
  void* out;
  std::size_t width;  // bytes of one element; 0 if there are no values
};
cudaError_t radix_sort(void* storage, std::size_t& bytes, SortArray keys, SortArray values,
                       std::size_t count, int begin_bit, int end_bit, cudaStream_t stream);

template <class T>
concept SortKey = std::unsigned_integral<T>;

}  // namespace emulation

namespace cub {

// Without storage a call says how many bytes of it are needed, and sorts nothing.
struct DeviceRadixSort {
  template <emulation::SortKey Key, class Value>
  static cudaError_t SortPairs(void* storage, std::size_t& bytes, const Key* keys_in, Key* keys_out,
                               const Value* values_in, Value* values_out, std::size_t count,
                               int begin_bit = 0, int end_bit = sizeof(Key) * 8,
                               cudaStream_t stream = nullptr) {
    return emulation::radix_sort(storage, bytes, {keys_in, keys_out, sizeof(Key)},
                                 {values_in, values_out, sizeof(Value)}, count, begin_bit, end_bit,
                                 stream);
  }
  template <emulation::SortKey Key>
  static cudaError_t SortKeys(void* storage, std::size_t& bytes, const Key* keys_in, Key* keys_out,
                              std::size_t count, int begin_bit = 0, int end_bit = sizeof(Key) * 8,
                              cudaStream_t stream = nullptr) {
    return emulation::radix_sort(storage, bytes, {keys_in, keys_out, sizeof(Key)}, {}, count,
                                 begin_bit, end_bit, stream);
  }
};

}  // namespace cub
