// The ops on bytes as they are: what the op tests of all backends do not reach.
#include <set>

#include "backend/cuda/cuda.h"
#include "ops/input_test.h"

namespace kilat {
namespace {

TEST(ExactOpsTest, ANanStaysBehindAReLU) {
  constexpr std::size_t kRows = 3, kFeatures = 20, kUnits = 5;
  Cuda b({.exact_bytes = true});
  auto batch = batch_of(b, random_bytes(kRows * kFeatures, 1), kRows, {0, 1});
  Values weight = random_values(kUnits * kFeatures, 2);
  weight[2 * kFeatures + 7] = std::nan("");
  const auto parameters = buffer_of(b, weight), bias = buffer_of(b, Values(kUnits, 1));
  auto a = b.matrix(kRows, kUnits);
  b.linear_activation(a, batch.x, {{parameters.data(), kUnits, kFeatures}, span_of(bias)}, {});
  const Values values = values_of(b, a);
  for (std::size_t i = 0; i < values.size(); ++i) {
    EXPECT_EQ(std::isnan(values[i]), i % kUnits == 2) << i;
  }
}

// With an offset of one number, no loads of several numbers at once fit.
TEST(ExactOpsTest, AnyAddressesGiveTheSameBits) {
  constexpr std::size_t kRows = 40, kFeatures = 64, kUnits = 20;
  const auto pixels = random_bytes(kRows * kFeatures, 1);
  const Values numbers = random_values(kUnits * kFeatures, 2);
  Cuda b({.exact_bytes = true});
  auto z = b.buffer<float>(kRows * kUnits), gradient = b.buffer<float>(kUnits * kFeatures);
  auto scratch = b.buffer<float>(kernels::exact_gradient_scratch());
  std::set<std::vector<float>> products, gradients;
  for (const std::size_t offset : {0, 1}) {
    std::vector<std::uint8_t> moved_pixels(offset);
    moved_pixels.insert(moved_pixels.end(), pixels.begin(), pixels.end());
    Values moved_numbers(offset);
    moved_numbers.insert(moved_numbers.end(), numbers.begin(), numbers.end());
    const auto bytes = byte_buffer(b, moved_pixels);
    const auto moved = buffer_of(b, moved_numbers);  // weights, and dz
    const float* from = moved.data() + offset;
    const kernels::BytePixels x{bytes.data() + offset, kRows, kFeatures, 33.3F, 0.01F};
    kernels::exact_linear(nullptr, z.data(), x, from, nullptr, kUnits, {});
    kernels::exact_gradient(nullptr, gradient.data(), nullptr, from, x, kUnits, false,
                            scratch.data());
    ASSERT_EQ(cudaDeviceSynchronize(), cudaSuccess);  // another stream than the copies
    products.insert(values_of<float>(b, z));
    gradients.insert(values_of<float>(b, gradient));
  }
  EXPECT_EQ(products.size(), 1U);
  EXPECT_EQ(gradients.size(), 1U);
}

}  // namespace
}  // namespace kilat
