// linear_activation, composed of ops or fused by the backend.
#include <kilat/network.h>

#include "ops/input_test.h"
#include "step/layer.h"

namespace kilat {
namespace {

template <class T>
class LinearActivationTest : public OpTest<T> {
 protected:
  // a = f(x Wᵀ + b) through the layer form; W and b stand in one block, as in a network.
  template <class B, class Input>
  Values run(B& b, Input& x, std::size_t rows, std::size_t in, std::size_t out,
             const Activation& f = {}) {
    using Real = typename B::Real;
    const LinearShape shape = linear_shapes(std::vector<std::size_t>{in, out})[0];
    Values block(shape.bias + out);
    const Values weight = random_values(in * out, 5), bias = random_values(out, 6, 3);
    std::copy(weight.begin(), weight.end(), block.begin() + shape.weight);
    std::copy(bias.begin(), bias.end(), block.begin() + shape.bias);
    const auto parameters = buffer_of(b, block);
    const Linear<const Real> layer{{parameters.data() + shape.weight, out, in},
                                   {parameters.data() + shape.bias, out}};
    auto a = b.matrix(rows, out);
    linear_activation(b, a, x, layer, f);
    EXPECT_EQ(a.rows(), rows);
    return values_of(b, a);
  }
};
TYPED_TEST_SUITE(LinearActivationTest, InputBackends);

TYPED_TEST(LinearActivationTest, AgreesWithReferenceForActivations) {
  for (const std::size_t rows : kRows) {
    for (const std::size_t out : {1, 8, 10, 33, 100}) {
      for (const std::size_t in : {1, 7, 16, 257}) {
        const Values x = random_values(rows * in, 4);
        for (const Activation& f : kActivations) {
          const auto on = [&](auto& b) {
            const auto matrix = matrix_of(b, rows, in, x);
            return this->run(b, matrix, rows, in, out, f);
          };
          const double terms = static_cast<double>(in);
          expect_close(on(this->device), on(this->reference),
                       (terms + 2) * kEps * (terms * 16 + 16),
                       shape_text(rows, out) + " x " + std::to_string(in));
          if (this->HasFatalFailure()) return;
        }
      }
    }
  }
}

TYPED_TEST(LinearActivationTest, AgreesWithReferenceForBytes) {
  for (const std::size_t rows : {1, 33, 129}) {
    for (const std::size_t out : {1, 10, 100}) {
      const auto bytes = random_bytes(rows * 784, 1);
      for (const Activation& f : kActivations) {
        const auto on = [&](auto& b) {
          auto batch = batch_of(b, bytes, rows, {0, 1.0F / 255});
          return this->run(b, batch.x, rows, 784, out, f);
        };
        expect_close(on(this->device), on(this->reference), 790 * kEps * (784 * 4 + 16),
                     shape_text(rows, out));
        if (this->HasFatalFailure()) return;
      }
    }
  }
}

// An input of zeros gives the bias.
TYPED_TEST(LinearActivationTest, LayersOfOneShapeHaveEachItsOwnBias) {
  auto& b = this->device;
  using Real = typename TypeParam::Backend::Real;
  const auto x = matrix_of(b, 3, 16, Values(3 * 16));
  const auto weight = buffer_of(b, Values(8 * 16, 1));
  const auto one = buffer_of(b, Values(8, 1)), two = buffer_of(b, Values(8, 2));
  auto a = b.matrix(3, 8);
  linear_activation(b, a, x, Linear<const Real>{{weight.data(), 8, 16}, span_of(one)}, {});
  EXPECT_EQ(values_of(b, a), Values(3 * 8, 1));
  linear_activation(b, a, x, Linear<const Real>{{weight.data(), 8, 16}, span_of(two)}, {});
  EXPECT_EQ(values_of(b, a), Values(3 * 8, 2));
}

// The op keeps a NaN; what cuBLASLt's epilogue makes of it is nowhere written.
TYPED_TEST(LinearActivationTest, ANanTouchesItsOwnRowOnly) {
  Values x = random_values(5 * 16, 4);
  const auto run_on = [&](const Values& values) {
    const auto matrix = matrix_of(this->device, 5, 16, values);
    return this->run(this->device, matrix, 5, 16, 8);
  };
  const Values before = run_on(x);
  x[2 * 16 + 3] = std::nan("");
  const Values a = run_on(x);
  for (std::size_t i = 0; i < a.size(); ++i) {
    const bool as_before = a[i] == before[i], lost = std::isnan(a[i]) || a[i] == 0;
    EXPECT_TRUE(i / 8 == 2 ? lost : as_before) << i << ": " << a[i];
  }
}

}  // namespace
}  // namespace kilat
