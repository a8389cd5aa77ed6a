// A product and a sum are rounded once where the CPU has an instruction for both.
#include <array>

#include <gtest/gtest.h>

#include "backend/cpu/simd.h"

namespace kilat {
namespace {

constexpr std::size_t kFloats = 16;

struct Factors {
  const float* a;
  const float* b;
  float c;
  float* result;
};
template <std::size_t lanes>
KILAT_INLINE void multiply_and_add(const Factors& f) {
  for (std::size_t i = 0; i < kFloats; i += lanes) {
    floats_at<lanes>(f.result + i) =
        multiply_add<lanes>(floats_at<lanes>(f.a + i), floats_at<lanes>(f.b + i), f.c);
  }
}
KILAT_SIMD(multiply_and_add_all, multiply_and_add, Factors)

TEST(MultiplyAddTest, RoundsOnceWhereThereIsAnInstruction) {
  std::array<float, kFloats> a{}, b{}, result{};
  a.fill(1 + 0x1p-12F);
  b.fill(1 + 0x1p-12F);
  multiply_and_add_all({a.data(), b.data(), -(1 + 0x1p-11F), result.data()});
  const float wanted = simd() == Simd::baseline ? 0 : 0x1p-24F;  // the product is 1 + 2⁻¹¹ + 2⁻²⁴
  for (const float x : result) EXPECT_EQ(x, wanted);
}

}  // namespace
}  // namespace kilat
