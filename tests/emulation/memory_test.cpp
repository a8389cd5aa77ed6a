// Device memory: what kernels and the host must not touch, and what is told when they do.
#include <memory>

#include <gmock/gmock.h>

#include "emulation_test.h"
#include "kernels/kernels.h"

namespace emulation_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class MemoryTest : public EmulationTest {
 protected:
  // Launches write_at in one thread, and waits.
  static void write(int* values, long index) {
    EXPECT_EQ(launch({}, write_at, values, index, 1), cudaSuccess);
    cudaDeviceSynchronize();
  }
};

using MemoryDeathTest = MemoryTest;

TEST_F(MemoryTest, FreshMemoryIsNotANumber) {
  const DeviceArray<float> array(3);
  for (const float value : array.values()) EXPECT_TRUE(std::isnan(value));
}

TEST_F(MemoryTest, AWriteJustBeyondTheEndIsFoundAfterTheKernel) {
  const DeviceArray<int> array(10);
  EXPECT_EQ(failure_of([&] { write(array.data(), 9); }), "");
  const std::string line = failure_of([&] { write(array.data(), 10); });
  EXPECT_THAT(line, HasSubstr("kernel emulation_test::write_at(int*, long, int): out of bounds"));
  EXPECT_THAT(line, HasSubstr("wrote 1 byte beyond the end of the 40 bytes of device memory"));
}

TEST_F(MemoryTest, AWriteJustBeforeTheBeginningIsFoundAfterTheKernel) {
  const DeviceArray<int> array(10);
  EXPECT_THAT(failure_of([&] { write(array.data(), -1); }),
              HasSubstr("wrote 1 byte before the 40 bytes"));
}

TEST_F(MemoryDeathTest, AWriteFurtherBeyondTheEndStopsAtTheGuardPage) {
  const DeviceArray<int> array(64);  // 256 bytes: no slack at all
  EXPECT_DEATH(write(array.data(), 64),
               "emulation: kernel emulation_test::write_at.*, block \\(0,0,0\\), thread "
               "\\(0,0,0\\): out of bounds: touches byte 256 of the 256 bytes of device memory");
}

TEST_F(MemoryDeathTest, AKernelThatTouchesNoMemoryAtAllIsNamed) {
  // UndefinedBehaviorSanitizer is quicker.
  EXPECT_DEATH(write(nullptr, 0),
               "kernel emulation_test::write_at.*touches .*which is no memory|null pointer");
}

TEST_F(MemoryDeathTest, TheHostMustNotReadDeviceMemory) {
  const DeviceArray<int> array(10);
  const volatile int* values = array.data();
  EXPECT_DEATH(static_cast<void>(values[2]),
               "emulation: the host touches byte 8 of the 40 bytes of device memory");
}

TEST_F(MemoryDeathTest, FreedMemoryIsNeverReadAgain) {
  const DeviceArray<int> kept(4);
  int* freed = nullptr;
  ASSERT_EQ(cudaMalloc(&freed, 16), cudaSuccess);
  ASSERT_EQ(cudaFree(freed), cudaSuccess);
  // By way of an address that is good, so that the arguments look right.
  EXPECT_DEATH(write(kept.data(), freed - kept.data()), "touches byte 0 of the 16 freed bytes");
}

TEST_F(MemoryDeathTest, MemoryFreedInAStreamIsGoneForTheNextKernel) {
  const DeviceArray<int> kept(4);
  int* freed = nullptr;
  ASSERT_EQ(cudaMalloc(&freed, 16), cudaSuccess);
  EXPECT_DEATH(
      {
        launch({}, write_at, freed, 0, 1);
        cudaFreeAsync(freed, nullptr);
        write(kept.data(), freed - kept.data());
      },
      "touches byte 0 of the 16 freed bytes");
}

TEST_F(MemoryDeathTest, AStackThatOverflowsIsToldAsSuch) {
  const DeviceArray<int> out(1);
  EXPECT_DEATH(
      {
        launch({}, overflow_stack, out.data(), 1000);
        cudaDeviceSynchronize();
      },
      "thread \\(0,0,0\\): the thread's stack has overflown");
}

TEST_F(MemoryTest, AKernelGivenFreedMemoryFailsAtItsLaunch) {
  int* freed = nullptr;
  ASSERT_EQ(cudaMalloc(&freed, 16), cudaSuccess);
  ASSERT_EQ(cudaFree(freed), cudaSuccess);
  EXPECT_THAT(failure_of([&] { write(freed, 0); }),
              HasSubstr("argument 1 points to byte 0 of the 16 freed bytes of device memory"));
}

TEST_F(MemoryTest, ACopyFromFreedMemoryFails) {
  int* freed = nullptr;
  int value = 0;
  ASSERT_EQ(cudaMalloc(&freed, 16), cudaSuccess);
  ASSERT_EQ(cudaFree(freed), cudaSuccess);
  EXPECT_THAT(failure_of([&] { cudaMemcpy(&value, freed, 4, cudaMemcpyDeviceToHost); }),
              HasSubstr("the source takes 4 bytes from byte 0 of the 16 freed bytes"));
}

TEST_F(MemoryTest, AKernelGivenMemoryOfTheHostFailsAtItsLaunch) {
  int on_stack = 0;
  const auto on_heap = std::make_unique<int>();
  static int in_the_program = 0;
  for (int* pointer : {&on_stack, on_heap.get(), &in_the_program}) {
    EXPECT_THAT(failure_of([&] { write(pointer, 0); }), HasSubstr("memory of the host"));
    EXPECT_THAT(failure_of([&] {
                  launch({}, write_nested, Nested{1, pointer});
                }),
                HasSubstr("argument 1 points to"));
  }
  EXPECT_THAT(failure_of([&] { write(&on_stack, 0); }), HasSubstr("([stack])"));
}

TEST_F(MemoryTest, MemoryFreedInAStreamIsGoodForWhatWasCalledBefore) {
  int* values = nullptr;
  ASSERT_EQ(cudaMallocAsync(reinterpret_cast<void**>(&values), 40, nullptr), cudaSuccess);
  ASSERT_EQ(launch({}, write_at, values, 1, 1), cudaSuccess);
  ASSERT_EQ(cudaFreeAsync(values, nullptr), cudaSuccess);
  EXPECT_THAT(failure_of([&] { launch({}, write_at, values, 1, 1); }), HasSubstr("argument 1"));
  EXPECT_EQ(failure_of([] { cudaDeviceSynchronize(); }), "");
  EXPECT_EQ(emulation::live_allocations(), 0U);
}

TEST_F(MemoryTest, ADoubleFreeIsFound) {
  int* values = nullptr;
  ASSERT_EQ(cudaMalloc(&values, 16), cudaSuccess);
  ASSERT_EQ(cudaFree(values), cudaSuccess);
  EXPECT_THAT(failure_of([&] { cudaFree(values); }),
              HasSubstr("cudaFree: double free of byte 0 of the 16 freed bytes"));
  int local = 0;
  EXPECT_THAT(failure_of([&] { cudaFree(&local); }), HasSubstr("nothing was allocated at"));
}

TEST_F(MemoryTest, AResetFindsLeaks) {
  EXPECT_EQ(failure_of([] { cudaDeviceReset(); }), "");
  int* values = nullptr;
  ASSERT_EQ(cudaMalloc(&values, 16), cudaSuccess);
  EXPECT_EQ(emulation::live_allocations(), 1U);
  EXPECT_THAT(failure_of([] { cudaDeviceReset(); }),
              HasSubstr("leak: cudaDeviceReset finds 1 allocation, 16 bytes of device memory"));
}

TEST_F(MemoryTest, TheDeviceHasAsMuchMemoryAsIsSet) {
  emulation::set_device_memory(1000);
  const DeviceArray<char> most(900);
  void* more = nullptr;
  EXPECT_EQ(cudaMalloc(&more, 101), cudaErrorMemoryAllocation);
  EXPECT_EQ(more, nullptr);
  EXPECT_EQ(cudaGetLastError(), cudaErrorMemoryAllocation);
  EXPECT_EQ(cudaGetLastError(), cudaSuccess);
  EXPECT_THAT(emulation::api_errors(),
              ElementsAre("cudaMalloc: cudaErrorMemoryAllocation: 101 bytes of 100"));
  std::size_t free = 0, total = 0;
  ASSERT_EQ(cudaMemGetInfo(&free, &total), cudaSuccess);
  EXPECT_EQ(free, 100U);
  EXPECT_EQ(total, 1000U);
  EXPECT_EQ(cudaMalloc(&more, 100), cudaSuccess);
  EXPECT_EQ(cudaFree(more), cudaSuccess);
}

TEST_F(MemoryTest, PointersTellWhereTheyPoint) {
  const DeviceArray<int> array(10);
  int* pinned = nullptr;
  ASSERT_EQ(cudaMallocHost(&pinned, 40), cudaSuccess);
  pinned[9] = 1;
  int local = 0;
  const auto type_of = [](const void* pointer) {
    cudaPointerAttributes attributes = {};
    EXPECT_EQ(cudaPointerGetAttributes(&attributes, pointer), cudaSuccess);
    return attributes.type;
  };
  EXPECT_EQ(type_of(array.data() + 3), cudaMemoryTypeDevice);
  EXPECT_EQ(type_of(pinned), cudaMemoryTypeHost);
  EXPECT_EQ(type_of(&local), cudaMemoryTypeUnregistered);
  EXPECT_EQ(failure_of([&] { write(pinned, 0); }), "");  // kernels reach it
  EXPECT_EQ(pinned[0], 1);
  EXPECT_EQ(cudaFreeHost(pinned), cudaSuccess);
}

TEST_F(MemoryTest, AllocationsAreAligned) {
  for (const std::size_t bytes : {1, 255, 256, 4095, 4097, 3 << 20}) {
    const DeviceArray<char> array(bytes);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(array.data()) % 256, 0U);
    EXPECT_EQ(array.values(), std::vector<char>(bytes, '\xff'));
  }
}

}  // namespace
}  // namespace emulation_test
