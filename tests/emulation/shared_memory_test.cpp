// Shared memory: fresh for each block, and no byte more than its variables.
#include <cmath>

#include <gmock/gmock.h>

#include "emulation_test.h"
#include "kernels/kernels.h"

namespace emulation_test {
namespace {

using testing::HasSubstr;

class SharedMemoryTest : public EmulationTest {
 protected:
  using Kernel = void (*)(int*, int);

  // How the kernel fails that writes to an element of shared memory, of which there are 32.
  std::string failure_at(Kernel kernel, int index, std::size_t dynamic_bytes = 0) const {
    return failure_of([&] {
      EXPECT_EQ(launch({1, 32, dynamic_bytes}, kernel, out_.data(), index), cudaSuccess);
      cudaDeviceSynchronize();
    });
  }

  DeviceArray<int> out_{32};
};

using SharedMemoryDeathTest = SharedMemoryTest;

TEST_F(SharedMemoryTest, IsFreshForEachBlock) {
  const DeviceArray<float> out(2 * 4);
  ASSERT_EQ(launch({4, 32, 16}, read_fresh_memory, out.data()), cudaSuccess);
  for (const float value : out.values()) EXPECT_TRUE(std::isnan(value));
}

TEST_F(SharedMemoryTest, DynamicPartHoldsWhatTheLaunchAsksFor) {
  const DeviceArray<int> in(counting(2 * 48)), out(2 * 48);
  ASSERT_EQ(launch({2, 48, 48 * sizeof(int)}, reverse, out.data(), in.data()), cudaSuccess);
  const std::vector<int> values = out.values();
  for (int i = 0; i < 48; ++i) {
    EXPECT_EQ(values[static_cast<std::size_t>(i)], 47 - i);
    EXPECT_EQ(values[static_cast<std::size_t>(48 + i)], 95 - i);
  }
}

TEST_F(SharedMemoryTest, AWriteOutsideAVariableIsFound) {
  EXPECT_EQ(failure_at(write_static_shared, 31), "");
  for (const int index : {32, 33, 60, -1, -20}) {
    const std::string line = failure_at(write_static_shared, index);
    EXPECT_THAT(line, HasSubstr("kernel emulation_test::write_static_shared(int*, int), block"));
    EXPECT_THAT(line, HasSubstr("wrote at byte " + std::to_string(index * 4) +
                                " of the __shared__ "
                                "emulation_test::write_static_shared(int*, int)::values, "
                                "which has 128"));
  }
}

TEST_F(SharedMemoryTest, AWriteOutsideAVariableByAPointerIsFound) {
  EXPECT_EQ(failure_at(write_static_shared_by_pointer, 0), "");
  EXPECT_THAT(failure_at(write_static_shared_by_pointer, 32), HasSubstr("wrote at byte 128"));
  EXPECT_THAT(failure_at(write_static_shared_by_pointer, -1), HasSubstr("wrote at byte -4"));
}

TEST_F(SharedMemoryTest, AWriteIntoTheSlackOfTheDynamicPartIsFound) {
  constexpr std::size_t kBytes = 30 * sizeof(int);  // the slack is 8 bytes
  EXPECT_EQ(failure_at(write_dynamic_shared, 29, kBytes), "");
  EXPECT_THAT(failure_at(write_dynamic_shared, 30, kBytes),
              HasSubstr("wrote 1 byte beyond the end of dynamic shared memory"));
  EXPECT_THAT(failure_at(write_dynamic_shared, -1, kBytes), HasSubstr("before dynamic shared"));
}

TEST_F(SharedMemoryDeathTest, AWriteBeyondTheDynamicPartStopsAtTheGuardPage) {
  EXPECT_DEATH(
      failure_at(write_dynamic_shared, 32, 128),
      "kernel .*write_dynamic_shared.*, block \\(0,0,0\\), thread \\(.*\\): out of bounds: "
      "touches past dynamic shared memory");
}

TEST_F(SharedMemoryTest, AKernelThatNeedsTheDynamicPartIsNotLaunchedWithoutIt) {
  EXPECT_THAT(failure_at(write_dynamic_shared, 0, 0),
              HasSubstr("launched without dynamic shared memory"));
}

TEST_F(SharedMemoryTest, MoreThan48KiBMustBeAskedFor) {
  constexpr std::size_t kBytes = 100 << 10;
  EXPECT_EQ(launch({1, 32, kBytes}, write_dynamic_shared, out_.data(), 0), cudaErrorInvalidValue);
  EXPECT_EQ(cudaFuncSetAttribute(write_dynamic_shared, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                 static_cast<int>(kBytes)),
            cudaSuccess);
  EXPECT_EQ(launch({1, 32, kBytes}, write_dynamic_shared, out_.data(), 0), cudaSuccess);
  EXPECT_EQ(cudaDeviceSynchronize(), cudaSuccess);
  EXPECT_EQ(cudaFuncSetAttribute(write_dynamic_shared, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                 228 << 10),
            cudaErrorInvalidValue);
}

}  // namespace
}  // namespace emulation_test
