// Matrices of tensor cores: products as they are defined, and their misuse.
#include <cmath>
#include <cstdint>

#include <gmock/gmock.h>

#include "emulation_test.h"
#include "kernels/kernels.h"

namespace emulation_test {
namespace {

using testing::HasSubstr;

constexpr std::size_t kSide = 16;

class FragmentsTest : public EmulationTest {
 protected:
  // Small whole numbers, so that every sum is exact.
  static std::vector<__nv_bfloat16> whole_numbers(int factor) {
    std::vector<__nv_bfloat16> values;
    for (int i = 0; i < 256; ++i) {
      values.push_back(__nv_bfloat16(static_cast<float>(i * factor % 23 - 11)));
    }
    return values;
  }

  DeviceArray<__nv_bfloat16> a_{whole_numbers(7)}, b_{whole_numbers(5)};
};

TEST_F(FragmentsTest, AProductIsThatOfItsMatricesHoweverTheyLie) {
  const std::vector<__nv_bfloat16> a = a_.values(), b = b_.values();
  constexpr std::size_t kLine = 20;
  for (const Form form :
       {Form::plain, Form::a_transposed, Form::b_transposed, Form::d_transposed}) {
    const DeviceArray<float> d(std::vector<float>(kSide * kLine, -1));
    ASSERT_EQ(launch({1, 32}, multiply, d.data(), a_.data(), b_.data(), 2.5F, form, kLine),
              cudaSuccess);
    const std::vector<float> values = d.values();
    for (std::size_t i = 0; i < kSide; ++i) {
      for (std::size_t j = 0; j < kSide; ++j) {
        float wanted = 2.5F;
        for (std::size_t k = 0; k < kSide; ++k) {
          const std::size_t in_a = form == Form::a_transposed ? k * kSide + i : i * kSide + k;
          const std::size_t in_b = form == Form::b_transposed ? j * kSide + k : k * kSide + j;
          wanted += float{a[in_a]} * float{b[in_b]};
        }
        EXPECT_EQ(values[form == Form::d_transposed ? j * kLine + i : i * kLine + j], wanted);
      }
      EXPECT_EQ(values[i * kLine + kSide], -1) << "between the lines";
    }
  }
}

// 1.5 halves of a unit in the last place: to the nearest, that would be the next float.
TEST_F(FragmentsTest, ASumIsCutOffAndOverflowsToInfinity) {
  std::vector<__nv_bfloat16> a(256, __nv_bfloat16(0.0F)), b = a;
  const auto product_with = [&](float x, float y, float c) {
    a[0] = __nv_bfloat16(x);
    b[0] = __nv_bfloat16(y);
    const DeviceArray<__nv_bfloat16> of_a(a), of_b(b);
    const DeviceArray<float> d(256);
    EXPECT_EQ(launch({1, 32}, multiply, d.data(), of_a.data(), of_b.data(), c, Form::plain, 16),
              cudaSuccess);
    return d.values()[0];
  };
  EXPECT_EQ(product_with(1.5F, std::ldexp(1.0F, -24), 1), 1);
  EXPECT_EQ(product_with(-1.5F, std::ldexp(1.0F, -24), -1), -1);
  EXPECT_EQ(product_with(1, std::ldexp(1.0F, -23), 1), std::nextafter(1.0F, 2.0F));
  EXPECT_EQ(product_with(1e30F, 1e30F, 0), INFINITY);
  EXPECT_TRUE(std::isnan(product_with(INFINITY, 0, 0)));
}

TEST_F(FragmentsTest, FragmentsAreFilledAndTheirElementsChanged) {
  const std::vector<__nv_bfloat16> b = b_.values();
  const DeviceArray<float> d(256);
  ASSERT_EQ(launch({1, 32}, multiply_filled, d.data(), b_.data()), cudaSuccess);
  const std::vector<float> values = d.values();
  for (std::size_t j = 0; j < kSide; ++j) {
    float sum = 0;
    for (std::size_t k = 0; k < kSide; ++k) sum += float{b[k * kSide + j]};
    for (std::size_t i = 0; i < kSide; ++i) EXPECT_EQ(values[i * kSide + j], 3 * sum);
  }
}

TEST_F(FragmentsTest, WhatWasNeverWrittenIsNaN) {
  const DeviceArray<float> d(256);
  ASSERT_EQ(launch({1, 32}, multiply_unfilled, d.data(), b_.data()), cudaSuccess);
  for (const float value : d.values()) EXPECT_TRUE(std::isnan(value));
}

TEST_F(FragmentsTest, MisuseIsFound) {
  const DeviceArray<float> d(600);
  const auto failure = [&](unsigned threads, auto kernel, auto... arguments) {
    return failure_of([&] {
      EXPECT_EQ(launch({1, threads}, kernel, arguments...), cudaSuccess);
      cudaDeviceSynchronize();
    });
  };
  EXPECT_THAT(failure(32, multiply_with_some_lanes, d.data(), b_.data(), 31U),
              HasSubstr("load_matrix_sync: only the lanes 0x7fffffff take part"));
  EXPECT_THAT(failure(16, multiply_filled, d.data(), b_.data()),
              HasSubstr("only the lanes 0x0000ffff take part"));
  EXPECT_THAT(failure(32, store_to_different_places, d.data(), 5U),
              HasSubstr("lanes 0 and 5 name different matrices"));
  EXPECT_THAT(failure(32, multiply_filled, d.data() + 4, b_.data()),
              HasSubstr("not aligned to 32 bytes"));
  emulation::set_compute_capability(7, 5);
  EXPECT_THAT(failure(32, multiply_filled, d.data(), b_.data()),
              HasSubstr("no bf16 before compute capability 8.0"));
  emulation::set_compute_capability(9, 0);
  EXPECT_THAT(failure(32, multiply, d.data(), a_.data(), b_.data(), 0.0F, Form::plain, 18U),
              HasSubstr("18 numbers from line to line"));
}

}  // namespace
}  // namespace emulation_test
