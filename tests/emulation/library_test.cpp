// The smaller stand-ins: CUB's radix sort, bfloat16, device functions, NVTX.
#include <cmath>
#include <cub/device/device_radix_sort.cuh>
#include <limits>
#include <random>

#include <cuda_bf16.h>
#include <gmock/gmock.h>
#include <nvtx3/nvToolsExt.h>

#include "emulation_test.h"

namespace emulation_test {
namespace {

using testing::HasSubstr;

class RadixSortTest : public EmulationTest {
 protected:
  static std::size_t storage_bytes(std::size_t count) {
    std::size_t bytes = 0;
    const unsigned* keys = nullptr;
    const int* values = nullptr;
    unsigned* sorted_keys = nullptr;
    int* sorted_values = nullptr;
    EXPECT_EQ(cub::DeviceRadixSort::SortPairs(nullptr, bytes, keys, sorted_keys, values,
                                              sorted_values, count),
              cudaSuccess);
    return bytes;
  }
};

TEST_F(RadixSortTest, SortsPairsAndKeepsTheOrderOfEqualKeys) {
  constexpr std::size_t kCount = 1000;
  std::mt19937 engine(1);
  std::vector<unsigned> keys(kCount);
  for (unsigned& key : keys) key = engine() % 100;
  const DeviceArray<unsigned> keys_in(keys), keys_out(kCount);
  const DeviceArray<int> values_in(counting(kCount)), values_out(kCount);
  std::size_t bytes = storage_bytes(kCount);
  const DeviceArray<char> storage(bytes);
  ASSERT_EQ(cub::DeviceRadixSort::SortPairs(storage.data(), bytes, keys_in.data(), keys_out.data(),
                                            values_in.data(), values_out.data(), kCount),
            cudaSuccess);
  const std::vector<int> order = values_out.values();
  const std::vector<unsigned> sorted = keys_out.values();
  for (std::size_t i = 0; i < kCount; ++i) {
    EXPECT_EQ(sorted[i], keys[static_cast<std::size_t>(order[i])]);
    if (i == 0) continue;
    EXPECT_LE(sorted[i - 1], sorted[i]);
    if (sorted[i - 1] == sorted[i]) {
      EXPECT_LT(order[i - 1], order[i]);
    }
  }
  EXPECT_EQ(keys_in.values(), keys);
}

TEST_F(RadixSortTest, LooksAtTheGivenBitsOnly) {
  const DeviceArray<unsigned> in(std::vector<unsigned>{0x12, 0x21, 0x10, 0x33}), out(4);
  std::size_t bytes = 0;
  ASSERT_EQ(cub::DeviceRadixSort::SortKeys(nullptr, bytes, in.data(), out.data(), 4), cudaSuccess);
  const DeviceArray<char> storage(bytes);
  ASSERT_EQ(cub::DeviceRadixSort::SortKeys(storage.data(), bytes, in.data(), out.data(), 4, 0, 4),
            cudaSuccess);
  EXPECT_EQ(out.values(), (std::vector<unsigned>{0x10, 0x21, 0x12, 0x33}));
  EXPECT_EQ(cub::DeviceRadixSort::SortKeys(storage.data(), bytes, in.data(), out.data(), 4, 0, 33),
            cudaErrorInvalidValue);
}

TEST_F(RadixSortTest, ChecksItsStorageAndItsArrays) {
  const DeviceArray<unsigned> keys(std::vector<unsigned>{3, 1, 2}), sorted(3), shorter(2);
  const DeviceArray<int> values(counting(3)), sorted_values(3);
  std::size_t bytes = storage_bytes(3);
  const DeviceArray<char> storage(bytes), less(bytes - 1);
  const auto sort = [&](char* memory, std::size_t memory_bytes, unsigned* to) {
    return cub::DeviceRadixSort::SortPairs(memory, memory_bytes, keys.data(), to, values.data(),
                                           sorted_values.data(), 3);
  };
  EXPECT_EQ(sort(storage.data(), bytes, sorted.data()), cudaSuccess);
  EXPECT_EQ(sort(storage.data(), bytes - 1, sorted.data()), cudaErrorInvalidValue);
  EXPECT_THAT(failure_of([&] { sort(less.data(), bytes, sorted.data()); }),
              HasSubstr("the temporary storage takes"));
  EXPECT_THAT(failure_of([&] { sort(storage.data(), bytes, shorter.data()); }),
              HasSubstr("keys out takes 12 bytes from byte 0 of the 8 bytes"));
  EXPECT_THAT(failure_of([&] { sort(storage.data(), bytes, keys.data()); }),
              HasSubstr("keys in and out overlap"));
}

class DeviceFunctionsTest : public EmulationTest {};

TEST_F(DeviceFunctionsTest, Bfloat16RoundsToNearestTiesToEven) {
  EXPECT_EQ(float{__float2bfloat16_rn(1 + 0x1p-8F)}, 1);
  EXPECT_EQ(float{__float2bfloat16_rn(1 + 0x1p-7F + 0x1p-8F)}, 1 + 0x1p-6F);
  EXPECT_EQ(float{__float2bfloat16_rn(1 + 0x1.1p-8F)}, 1 + 0x1p-7F);
  EXPECT_TRUE(std::isnan(float{__float2bfloat16_rn(NAN)}));
  EXPECT_EQ(float{__float2bfloat16_rn(std::numeric_limits<float>::max())}, INFINITY);
  for (int byte = -255; byte < 256; ++byte) {
    EXPECT_EQ(float{__short2bfloat16_rn(static_cast<short>(byte))}, static_cast<float>(byte));
  }
}

TEST_F(DeviceFunctionsTest, IntrinsicsMeanWhatTheyMeanOnTheDevice) {
  EXPECT_EQ(__float2int_rn(2.5F), 2);
  EXPECT_EQ(__float2int_rn(3e9F), std::numeric_limits<int>::max());
  EXPECT_EQ(__float2int_rn(-3e9F), std::numeric_limits<int>::min());
  EXPECT_EQ(__float2int_rn(NAN), 0);
  EXPECT_EQ(max(NAN, 1.0F), 1.0F);
  EXPECT_EQ(min(-1, 1U), 1U);  // as C++ compares them
  EXPECT_EQ(__clz(1), 31);
  EXPECT_EQ(__ffs(0), 0);
  EXPECT_EQ(__ffs(12), 3);
  EXPECT_EQ(__popc(0xf0f0), 8);
  EXPECT_EQ(__umulhi(0xffffffff, 16), 15U);
}

TEST_F(DeviceFunctionsTest, RangesMustNest) {
  const std::size_t entered = emulation::nvtx_ranges().entered;
  nvtxRangePushA("step");
  const nvtxRangeId_t epoch = nvtxRangeStartA("epoch");
  EXPECT_EQ(emulation::nvtx_ranges().depth, 1U);
  EXPECT_EQ(emulation::nvtx_ranges().open, 1U);
  EXPECT_EQ(emulation::nvtx_ranges().entered, entered + 2);
  EXPECT_EQ(failure_of([] { nvtxRangePop(); }), "");
  nvtxRangeEnd(epoch);
  EXPECT_THAT(failure_of([] { nvtxRangePop(); }), HasSubstr("without a range"));
  EXPECT_THAT(failure_of([&] { nvtxRangeEnd(epoch); }), HasSubstr("which is not open"));
}

}  // namespace
}  // namespace emulation_test
