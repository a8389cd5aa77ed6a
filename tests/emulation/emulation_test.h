// What the tests of the emulation share: a fresh device a test, arrays on it, launches.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <cuda_runtime.h>
#include <gtest/gtest.h>

#if __has_include("emulation.h")  // not where the kernels run on a GPU
#include "emulation.h"
#endif

namespace emulation_test {

constexpr int kSchedules = 30;  // of which each must give the same

#if __has_include("emulation.h")
// Failures are exceptions here; deaths are those of memory faults alone.
class EmulationTest : public testing::Test {
 protected:
  EmulationTest() {
    emulation::reset();
    emulation::set_failure_handler(emulation::throw_failure);
    GTEST_FLAG_SET(death_test_style, "threadsafe");
  }
  ~EmulationTest() override { emulation::reset(); }
};

// The line of the failure that f ends with; "" if it ends well.
template <class F>
std::string failure_of(const F& f) {
  try {
    f();
  } catch (const emulation::Failure& failure) {
    return failure.what();
  }
  return "";
}
#endif

template <class T>
class DeviceArray {
 public:
  explicit DeviceArray(std::size_t size) : size_(size) {
    EXPECT_EQ(cudaMalloc(&data_, size * sizeof(T)), cudaSuccess);
  }
  explicit DeviceArray(const std::vector<T>& values) : DeviceArray(values.size()) {
    EXPECT_EQ(cudaMemcpy(data_, values.data(), size_ * sizeof(T), cudaMemcpyHostToDevice),
              cudaSuccess);
  }
  DeviceArray(const DeviceArray&) = delete;
  DeviceArray& operator=(const DeviceArray&) = delete;
  ~DeviceArray() { cudaFree(data_); }

  T* data() const { return data_; }
  std::vector<T> values() const {
    std::vector<T> values(size_);
    EXPECT_EQ(cudaMemcpy(values.data(), data_, size_ * sizeof(T), cudaMemcpyDeviceToHost),
              cudaSuccess);
    return values;
  }

 private:
  std::size_t size_;
  T* data_ = nullptr;
};

struct Shape {
  dim3 grid = 1;
  dim3 block = 1;
  std::size_t dynamic_bytes = 0;
  cudaStream_t stream = nullptr;
};

// With this attribute, unless it is the default one.
template <class... P, class... A>
cudaError_t launch_with(cudaLaunchAttribute attribute, const Shape& shape, void (*kernel)(P...),
                        A... arguments) {
  cudaLaunchConfig_t config = {};
  config.gridDim = shape.grid;
  config.blockDim = shape.block;
  config.dynamicSmemBytes = shape.dynamic_bytes;
  config.stream = shape.stream;
  config.attrs = &attribute;
  config.numAttrs = attribute.id == cudaLaunchAttributeIgnore ? 0 : 1;
  return cudaLaunchKernelEx(&config, kernel, static_cast<P>(arguments)...);
}

template <class... P, class... A>
cudaError_t launch(const Shape& shape, void (*kernel)(P...), A... arguments) {
  return launch_with({}, shape, kernel, arguments...);
}

template <class... P, class... A>
cudaError_t launch_cooperatively(const Shape& shape, void (*kernel)(P...), A... arguments) {
  cudaLaunchAttribute attribute = {};
  attribute.id = cudaLaunchAttributeCooperative;
  attribute.val.cooperative = 1;
  return launch_with(attribute, shape, kernel, arguments...);
}

// In clusters of so many blocks.
template <class... P, class... A>
cudaError_t launch_clusters(unsigned blocks, const Shape& shape, void (*kernel)(P...),
                            A... arguments) {
  cudaLaunchAttribute attribute = {};
  attribute.id = cudaLaunchAttributeClusterDimension;
  attribute.val.clusterDim = {blocks, 1, 1};
  return launch_with(attribute, shape, kernel, arguments...);
}

// 0, 1, 2, …
inline std::vector<int> counting(int n) {
  std::vector<int> values;
  for (int i = 0; i < n; ++i) values.push_back(i);
  return values;
}

}  // namespace emulation_test
