#include "ops/op_test.h"

namespace kilat {
namespace {

template <class T>
class BiasActivationTest : public OpTest<T> {};
TYPED_TEST_SUITE(BiasActivationTest, Backends);

TYPED_TEST(BiasActivationTest, AgreesWithReferenceOnHostileValues) {
  for (const std::size_t rows : kRows) {
    for (const std::size_t columns : kColumns) {
      const Values z = hostile_values(rows * columns, 1);
      const Values bias = random_values(columns, 2);
      for (const Activation& f : kActivations) {
        const auto run = [&](auto& b) {
          auto matrix = matrix_of(b, rows, columns, z);
          const auto buffer = buffer_of(b, bias);
          b.bias_activation(matrix, span_of(buffer), f);
          return values_of(b, matrix);
        };
        const Values wanted = run(this->reference);
        Values tolerance(wanted.size());  // a rounding of the sum, one of the product
        for (std::size_t i = 0; i < wanted.size(); ++i) {
          tolerance[i] = (f.slope == 0 ? 1 : 2.001) * kEps * std::abs(wanted[i]);
        }
        expect_close(run(this->device), wanted, tolerance, shape_text(rows, columns));
        if (this->HasFatalFailure()) return;
      }
    }
  }
}

TYPED_TEST(BiasActivationTest, KeepsNanAndCutsAtZero) {
  auto z = matrix_of(this->device, 1, 4, {std::nan(""), -1, 0.5, -0.25});
  const auto bias = buffer_of(this->device, {0, 0, 0, 0.25});
  this->device.bias_activation(z, span_of(bias), {});
  const Values got = values_of(this->device, z);
  EXPECT_TRUE(std::isnan(got[0]));
  EXPECT_EQ(got[1], 0);
  EXPECT_EQ(got[2], 0.5);
  EXPECT_EQ(got[3], 0);
}

TYPED_TEST(BiasActivationTest, LeaksBelowZero) {
  auto z = matrix_of(this->device, 1, 4, {std::nan(""), -1, 0.5, -0.25});
  const auto bias = buffer_of(this->device, {0, 0, 0, 0.25});
  this->device.bias_activation(z, span_of(bias), {ActivationKind::leaky_relu, 0.25F});
  const Values got = values_of(this->device, z);
  EXPECT_TRUE(std::isnan(got[0]));
  EXPECT_EQ(got[1], -0.25);
  EXPECT_EQ(got[2], 0.5);
  EXPECT_EQ(got[3], 0);
}

// More elements than a grid of CUDA's kernels has threads (2^24), in rows of an odd width.
TYPED_TEST(BiasActivationTest, ReachesBeyondTheLargestGrid) {
  constexpr std::size_t kTall = (1 << 16) + 1, kWide = 257;
  Values bias(kWide);
  for (std::size_t j = 0; j < kWide; ++j) bias[j] = static_cast<double>(j);
  auto z = this->device.matrix(kTall, kWide);  // of zeros
  z.set_rows(kTall);
  const auto buffer = buffer_of(this->device, bias);
  this->device.bias_activation(z, span_of(buffer), {});
  std::vector<float> got(kTall * kWide);
  this->device.download(z, std::span(got));
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < got.size(); ++i) wrong += got[i] != static_cast<float>(i % kWide);
  EXPECT_EQ(wrong, 0U);
}

}  // namespace
}  // namespace kilat
