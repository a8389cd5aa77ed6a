// Products of bytes on tensor cores: their misuse. What is right stands in hardware_test.cpp.
#include <gmock/gmock.h>

#include "emulation_test.h"
#include "kernels/kernels.h"

namespace emulation_test {
namespace {

using testing::HasSubstr;

class BytesTest : public EmulationTest {
 protected:
  template <class... A>
  static std::string failure(const Shape& shape, A... arguments) {
    return failure_of([&] {
      EXPECT_EQ(launch(shape, arguments...), cudaSuccess);
      cudaDeviceSynchronize();
    });
  }
};

TEST_F(BytesTest, MisuseIsFound) {
  const DeviceArray<ByteProduct> products(32);
  const DeviceArray<unsigned[4]> out(32);
  const DeviceArray<unsigned char> in(512);
  EXPECT_THAT(failure({1, 16}, multiply_bytes, products.data(), false),
              HasSubstr("only the lanes 0x0000ffff take part"));
  EXPECT_THAT(failure({1, 32, 1024}, load_byte_matrices, out.data(), in.data(), false, 8U),
              HasSubstr("not aligned to 16 bytes"));
  const DeviceArray<unsigned> few(3);
  EXPECT_THAT(failure({1, 32}, permute_and_reduce, few.data(), 0x8000U), HasSubstr("fourth bit"));
  emulation::set_compute_capability(7, 5);
  EXPECT_THAT(failure({1, 32}, multiply_bytes, products.data(), true),
              HasSubstr("before compute capability 8.0"));
}

}  // namespace
}  // namespace emulation_test
