#include "ops/input_test.h"

namespace kilat {
namespace {

template <class T>
class InputGradientTest : public OpTest<T> {};
TYPED_TEST_SUITE(InputGradientTest, Backends);

TYPED_TEST(InputGradientTest, AgreesWithReferenceAndAccumulates) {
  for (const std::size_t rows : {1, 3, 128, 129}) {
    for (const std::size_t units : {1, 10, 33}) {
      for (const std::size_t features : {1, 17, 784}) {
        for (const Normalisation& normalisation : kNormalisations) {
          const auto bytes = random_bytes(rows * features, 1);
          const Values dz = random_values(rows * units, 2);
          const Values before = random_values(units * features, 3);
          const auto run = [&](auto& b, bool accumulate) {
            using B = std::remove_reference_t<decltype(b)>;
            using Real = typename B::Real;
            auto batch = batch_of(b, bytes, rows, normalisation);
            auto gradient = buffer_of(b, before);
            b.input_gradient(MatrixView<Real>{gradient.data(), units, features},
                             matrix_of(b, rows, units, dz), batch.x, accumulate);
            const auto values = values_of<Real>(b, gradient);
            return Values(values.begin(), values.end());
          };
          const double largest = (255 + normalisation.shift) * normalisation.scale;
          const double n = static_cast<double>(rows);
          const double tolerance = (n + 4) * kEps * (4 * largest * n + 4);
          for (const bool accumulate : {false, true}) {
            expect_close(run(this->device, accumulate), run(this->reference, accumulate), tolerance,
                         shape_text(units, features) + " x " + std::to_string(rows));
            if (this->HasFatalFailure()) return;
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace kilat
