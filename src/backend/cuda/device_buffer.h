// Memory of the device.
#pragma once

#include <cstddef>
#include <span>
#include <type_traits>
#include <utility>

#include <cuda_runtime.h>

#include "backend/types.h"
#include "kernels/check.h"

namespace kilat {

// Allocates `bytes` of zeroed device memory in the order of `stream`; null for 0. Throws Error,
// with the needed and the free memory, if there is not enough.
void* allocate_on_device(std::size_t bytes, cudaStream_t stream);

// Frees the memory after the work queued on the stream so far. Never throws.
void free_on_device(void* memory, cudaStream_t stream) noexcept;

// A zeroed array on the device that owns its memory. The stream outlives it.
template <class T>
class DeviceBuffer {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  DeviceBuffer() = default;
  DeviceBuffer(std::size_t size, cudaStream_t stream)
      : data_(static_cast<T*>(allocate_on_device(size * sizeof(T), stream))),
        size_(size),
        stream_(stream) {}
  DeviceBuffer(DeviceBuffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        stream_(other.stream_) {}
  DeviceBuffer& operator=(DeviceBuffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(stream_, other.stream_);
    return *this;
  }
  ~DeviceBuffer() { free_on_device(data_, stream_); }

  // Pointers to device memory: the host must not dereference them.
  T* data() { return data_; }
  const T* data() const { return data_; }
  std::size_t size() const { return size_; }

 private:
  T* data_ = nullptr;
  std::size_t size_ = 0;
  cudaStream_t stream_ = nullptr;
};

// Row-major on the device, with room for a fixed number of rows of which the first rows() are in
// use.
class DeviceMatrix {
 public:
  DeviceMatrix() = default;
  DeviceMatrix(std::size_t capacity, std::size_t columns, cudaStream_t stream)
      : values_(capacity * columns, stream), columns_(columns) {}

  std::size_t rows() const { return rows_; }
  std::size_t columns() const { return columns_; }
  std::size_t size() const { return rows_ * columns_; }
  void set_rows(std::size_t rows) { rows_ = rows; }
  float* data() { return values_.data(); }
  const float* data() const { return values_.data(); }
  MatrixView<float> view() { return {data(), rows_, columns_}; }
  MatrixView<const float> view() const { return {data(), rows_, columns_}; }

 private:
  DeviceBuffer<float> values_;
  std::size_t rows_ = 0;
  std::size_t columns_ = 0;
};

}  // namespace kilat
