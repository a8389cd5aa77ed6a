// The first layer's products are as accurate as a plain sum in float, whatever way a backend takes.
#include <functional>

#include "ops/input_test.h"

namespace kilat {
namespace {

template <class T>
class InputAccuracyTest : public OpTest<T> {};
TYPED_TEST_SUITE(InputAccuracyTest, Fp32Backends);

const std::vector<Normalisation> kShifts = {
    {0, 1}, {0, 1.0F / 255}, {33.3F, 1.0F / 78.6F}, {127.5F, 0.01F}, {255, 0.5F}};

// Numbers of one kind: large ones, small ones, all of these, of one sign, with zeros among them.
Values numbers_of_kind(int kind, std::size_t n, unsigned seed) {
  Values numbers = random_values(n, seed);
  std::mt19937 random(seed + 1);
  for (double& x : numbers) {
    const double power = kind == 0 ? 20 : kind == 1 ? -20 : kind == 2 ? random() % 41 - 20.0 : 0;
    x *= std::pow(10, power);
    if (kind == 3) x = std::abs(x);
    if (kind == 4 && random() % 3 == 0) x = 0;
    x = static_cast<float>(x);
  }
  return numbers;
}

struct Errors {
  double op = 0, plain = 0;  // the largest, relative to the sum of the terms' magnitudes
};

// Takes up got = Σ_k x(k) y(k) of `depth` terms.
void take_up(Errors& errors, double got, std::size_t depth, const Normalisation& normalisation,
             const std::function<std::uint8_t(std::size_t)>& byte,
             const std::function<double(std::size_t)>& number) {
  double wanted = 0, magnitude = 0;
  float plain = 0;
  for (std::size_t k = 0; k < depth; ++k) {
    const double x = (byte(k) - double{normalisation.shift}) * double{normalisation.scale};
    wanted += x * number(k);
    magnitude += std::abs(x * number(k));
    const float rounded = (byte(k) - normalisation.shift) * normalisation.scale;
    plain += rounded * static_cast<float>(number(k));
  }
  if (magnitude == 0) return;
  errors.op = std::max(errors.op, std::abs(got - wanted) / magnitude);
  errors.plain = std::max(errors.plain, std::abs(plain - wanted) / magnitude);
}

constexpr std::size_t kBatch = 33, kOut = 20, kIn = 37;

TYPED_TEST(InputAccuracyTest, OfAProductIsThatOfAPlainSum) {
  auto& b = this->device;
  for (const std::size_t features : {1, 17, 128, 784}) {
    for (const Normalisation& normalisation : kShifts) {
      const auto bytes = random_bytes(kBatch * features, 1);
      auto batch = batch_of(b, bytes, kBatch, normalisation);
      Errors errors;
      for (int kind = 0; kind < 5; ++kind) {
        const Values weight = numbers_of_kind(kind, kOut * features, 2);
        const auto buffer = buffer_of(b, weight);
        auto z = b.matrix(kBatch, kOut);
        b.input_gemm(z, batch.x, {buffer.data(), kOut, features});
        const Values got = values_of(b, z);
        for (std::size_t i = 0; i < kBatch * kOut; ++i) {
          take_up(
              errors, got[i], features, normalisation,
              [&](std::size_t k) { return bytes[i / kOut * features + k]; },
              [&](std::size_t k) { return weight[i % kOut * features + k]; });
        }
      }
      EXPECT_LE(errors.op, 1.5 * errors.plain)
          << features << " features less " << normalisation.shift;
    }
  }
}

TYPED_TEST(InputAccuracyTest, OfAGradientIsThatOfAPlainSum) {
  auto& b = this->device;
  for (const std::size_t rows : {1, 32, 128, 600}) {
    for (const Normalisation& normalisation : kShifts) {
      const auto bytes = random_bytes(rows * kIn, 1);
      auto batch = batch_of(b, bytes, rows, normalisation);
      Errors errors;
      for (int kind = 0; kind < 5; ++kind) {
        const Values dz = numbers_of_kind(kind, rows * kOut, 2);
        auto gradient = b.template buffer<float>(kOut * kIn);
        b.input_gradient({gradient.data(), kOut, kIn}, matrix_of(b, rows, kOut, dz), batch.x,
                         false);
        const auto got = values_of<float>(b, gradient);
        for (std::size_t i = 0; i < got.size(); ++i) {
          take_up(
              errors, got[i], rows, normalisation,
              [&](std::size_t k) { return bytes[k * kIn + i % kIn]; },
              [&](std::size_t k) { return dz[k * kOut + i / kIn]; });
        }
      }
      EXPECT_LE(errors.op, 1.5 * errors.plain) << rows << " rows less " << normalisation.shift;
    }
  }
}

// Of unit 3 alone; the pixels are other than zero, so that none may be left out.
TYPED_TEST(InputAccuracyTest, WhatIsNotFiniteStaysSo) {
  auto& b = this->device;
  for (const double hostile : {HUGE_VAL, -HUGE_VAL, std::nan("")}) {
    std::vector<std::uint8_t> bytes = random_bytes(kBatch * kIn, 1, 255);
    for (std::uint8_t& byte : bytes) ++byte;
    auto batch = batch_of(b, bytes, kBatch, {0, 0.5F});
    Values weight = random_values(kOut * kIn, 2), dz = random_values(kBatch * kOut, 3);
    weight[3 * kIn + 20] = dz[7 * kOut + 3] = hostile;
    const auto buffer = buffer_of(b, weight);
    auto z = b.matrix(kBatch, kOut);
    b.input_gemm(z, batch.x, {buffer.data(), kOut, kIn});
    const Values products = values_of(b, z);
    for (std::size_t i = 0; i < products.size(); ++i) {
      ASSERT_EQ(std::isfinite(products[i]), i % kOut != 3) << i;
    }
    auto gradient = b.template buffer<float>(kOut * kIn);
    b.input_gradient({gradient.data(), kOut, kIn}, matrix_of(b, kBatch, kOut, dz), batch.x, false);
    const auto sums = values_of<float>(b, gradient);
    for (std::size_t i = 0; i < sums.size(); ++i) {
      ASSERT_EQ(std::isfinite(sums[i]), i / kIn != 3) << i;
    }
  }
}

}  // namespace
}  // namespace kilat
