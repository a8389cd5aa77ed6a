#include "ops/input_test.h"
#include "step/layer.h"

namespace kilat {
namespace {

struct Shape {
  std::size_t rows, units, features;
};

template <class T>
class InputGradientTest : public OpTest<T> {
 protected:
  void expect_agreement(const Shape& shape, const Normalisation& normalisation) {
    const auto [rows, units, features] = shape;
    const auto bytes = random_bytes(rows * features, 1);
    const Values dz = random_values(rows * units, 2);
    const Values before = random_values(units * features, 3);
    const auto run = [&](auto& b, bool accumulate) {
      using Real = typename std::remove_reference_t<decltype(b)>::Real;
      auto batch = batch_of(b, bytes, shape.rows, normalisation);
      auto gradient = buffer_of(b, before);
      b.input_gradient(MatrixView<Real>{gradient.data(), shape.units, shape.features},
                       matrix_of(b, shape.rows, shape.units, dz), batch.x, accumulate);
      const auto values = values_of<Real>(b, gradient);
      return Values(values.begin(), values.end());
    };
    const double largest = (255 + normalisation.shift) * normalisation.scale;
    const double n = static_cast<double>(rows);
    const double tolerance = (n + 4) * kEps * (4 * largest * n + 4);
    for (const bool accumulate : {false, true}) {
      expect_close(run(this->device, accumulate), run(this->reference, accumulate), tolerance,
                   shape_text(units, features) + " x " + std::to_string(rows));
    }
  }
};
TYPED_TEST_SUITE(InputGradientTest, InputBackends);

TYPED_TEST(InputGradientTest, AgreesWithReferenceAndAccumulates) {
  for (const std::size_t rows : {1, 3, 128, 129}) {
    for (const std::size_t units : {1, 10, 33}) {
      for (const std::size_t features : {1, 17, 784}) {
        for (const Normalisation& normalisation : kNormalisations) {
          this->expect_agreement({rows, units, features}, normalisation);
          if (this->HasFatalFailure()) return;
        }
      }
    }
  }
}

// Which a backend may share out to several workers.
TYPED_TEST(InputGradientTest, AgreesWithReferenceForTallBatches) {
  for (const std::size_t rows : {512, 513, 1030, 1537}) {
    for (const std::size_t units : {10, 17}) {
      for (const std::size_t features : {17, 160}) {
        this->expect_agreement({rows, units, features}, {33.3F, 1.0F / 78.6F});
        if (this->HasFatalFailure()) return;
      }
    }
  }
}

// The layer form, which a backend may make of one pass over dz.
TYPED_TEST(InputGradientTest, ALayersGradientHasTheBiasToo) {
  constexpr std::size_t kFeatures = 160;
  for (const std::size_t rows : {1, 129, 1030}) {
    for (const std::size_t units : {10, 17, 33}) {
      const auto bytes = random_bytes(rows * kFeatures, 1);
      const Values dz = random_values(rows * units, 2), before = random_values(units, 3);
      const auto run = [&](auto& b, bool accumulate) {
        using Real = typename std::remove_reference_t<decltype(b)>::Real;
        auto batch = batch_of(b, bytes, rows, {33.3F, 0.01F});
        auto weight = buffer_of(b, Values(units * kFeatures)), bias = buffer_of(b, before);
        const Linear<Real> gradient{{weight.data(), units, kFeatures}, span_of(bias)};
        linear_gradient(b, gradient, matrix_of(b, rows, units, dz), batch.x, accumulate);
        auto values = values_of<Real>(b, bias);
        const auto weights = values_of<Real>(b, weight);
        values.insert(values.end(), weights.begin(), weights.end());
        return Values(values.begin(), values.end());
      };
      const double n = static_cast<double>(rows);
      for (const bool accumulate : {false, true}) {
        expect_close(run(this->device, accumulate), run(this->reference, accumulate),
                     (n + 4) * kEps * (4 * 3 * n + 4), shape_text(rows, units));
        if (this->HasFatalFailure()) return;
      }
    }
  }
}

}  // namespace
}  // namespace kilat
