// Launches: what is refused, with CUDA's own errors, and what is counted.
#include <gmock/gmock.h>

#include "emulation_test.h"
#include "kernels/kernels.h"

namespace emulation_test {
namespace {

using testing::ElementsAre;
using testing::Pair;
using testing::StartsWith;

class LaunchTest : public EmulationTest {};

TEST_F(LaunchTest, ImpossibleConfigurationsAreRefused) {
  for (const Shape& shape :
       {Shape{0, 1}, Shape{1, 0}, Shape{dim3(1, 0), 1}, Shape{1, 1025}, Shape{1, dim3(32, 33)},
        Shape{1, dim3(1, 1, 65)}, Shape{dim3(1, 65536), 1}, Shape{dim3(1, 1, 65536), 1}}) {
    EXPECT_EQ(launch(shape, do_nothing), cudaErrorInvalidConfiguration);
    EXPECT_EQ(cudaPeekAtLastError(), cudaErrorInvalidConfiguration);
  }
  EXPECT_EQ(emulation::api_errors().size(), 8U);
  EXPECT_EQ(emulation::api_errors()[3],
            "emulation_test::do_nothing(): cudaErrorInvalidConfiguration: block of (1025,1,1)");
  EXPECT_EQ(emulation::counters().launches, 0U);
}

TEST_F(LaunchTest, TheLargestConfigurationsAreNot) {
  for (const Shape& shape : {Shape{1, 1024}, Shape{1, dim3(4, 4, 64)}, Shape{dim3(2, 3, 4), 32},
                             Shape{1, 1, 48 << 10}}) {
    EXPECT_EQ(launch(shape, do_nothing), cudaSuccess);
  }
  EXPECT_EQ(launch({1, 1, (48 << 10) + 1}, do_nothing), cudaErrorInvalidValue);
}

TEST_F(LaunchTest, ACooperativeGridMustFitTheDevice) {
  constexpr int kBytes = 200000;  // a block's, so that a multiprocessor holds one
  ASSERT_EQ(cudaFuncSetAttribute(sync_grid, cudaFuncAttributeMaxDynamicSharedMemorySize, kBytes),
            cudaSuccess);
  int blocks = 0;
  ASSERT_EQ(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, sync_grid, 1024, 0),
            cudaSuccess);
  EXPECT_EQ(blocks, 2);
  EXPECT_EQ(launch_cooperatively({132, 32, kBytes}, sync_grid), cudaSuccess);
  EXPECT_EQ(launch_cooperatively({133, 32, kBytes}, sync_grid), cudaErrorCooperativeLaunchTooLarge);
  EXPECT_EQ(cudaDeviceSynchronize(), cudaSuccess);
}

TEST_F(LaunchTest, UnknownAttributesAreRefused) {
  cudaLaunchAttribute attribute = {};
  attribute.id = static_cast<cudaLaunchAttributeID>(4);  // a cluster
  cudaLaunchConfig_t config = {};
  config.gridDim = config.blockDim = 1;
  config.attrs = &attribute;
  config.numAttrs = 1;
  EXPECT_EQ(cudaLaunchKernelEx(&config, do_nothing), cudaErrorNotSupported);
}

TEST_F(LaunchTest, EveryThreadRunsOnce) {
  const std::vector<int> before = counting(1000);
  const DeviceArray<int> values(before);
  ASSERT_EQ(launch({4, 256}, add_one, values.data(), 1000), cudaSuccess);
  std::vector<int> after = values.values();
  for (int& value : after) --value;
  EXPECT_EQ(after, before);
}

TEST_F(LaunchTest, CountersTellWhatWasDone) {
  const DeviceArray<int> values(counting(10));
  emulation::reset_counters();
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(launch({1, 32}, add_one, values.data(), 10), cudaSuccess);
  }
  ASSERT_EQ(launch({}, do_nothing), cudaSuccess);
  values.values();
  const emulation::Counters counted = emulation::counters();
  EXPECT_EQ(counted.launches, 4U);
  EXPECT_EQ(counted.graph_launches, 0U);
  EXPECT_EQ(counted.copies_to_host, 1U);
  EXPECT_EQ(counted.bytes_to_host, 40U);
  EXPECT_EQ(counted.copies_to_device, 0U);
  EXPECT_EQ(counted.synchronisations, 1U);
  EXPECT_EQ(counted.allocations, 0U);
  EXPECT_THAT(counted.kernels, ElementsAre(Pair("emulation_test::add_one(int*, int)", 3),
                                           Pair("emulation_test::do_nothing()", 1)));
}

TEST_F(LaunchTest, TheDeviceSaysWhatItIs) {
  cudaDeviceProp properties = {};
  ASSERT_EQ(cudaGetDeviceProperties(&properties, 0), cudaSuccess);
  EXPECT_STREQ(properties.name, "Emulated GPU");
  EXPECT_EQ(properties.multiProcessorCount, 132);
  int major = 0;
  ASSERT_EQ(cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, 0), cudaSuccess);
  EXPECT_EQ(major, 9);
  EXPECT_EQ(cudaSetDevice(1), cudaErrorInvalidDevice);
  emulation::set_device_count(2);
  EXPECT_EQ(cudaSetDevice(1), cudaSuccess);
  emulation::set_device_count(0);
  int count = -1;
  EXPECT_EQ(cudaGetDeviceCount(&count), cudaErrorNoDevice);
  EXPECT_EQ(count, 0);
  EXPECT_STREQ(cudaGetErrorName(cudaErrorNoDevice), "cudaErrorNoDevice");
  EXPECT_STREQ(cudaGetErrorString(cudaErrorNoDevice), "no CUDA device");
}

}  // namespace
}  // namespace emulation_test
