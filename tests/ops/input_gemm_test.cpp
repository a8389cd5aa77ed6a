#include "ops/input_test.h"

namespace kilat {
namespace {

template <class T>
class InputGemmTest : public OpTest<T> {};
TYPED_TEST_SUITE(InputGemmTest, Backends);

TYPED_TEST(InputGemmTest, AgreesWithReference) {
  for (const std::size_t rows : {1, 3, 128, 129}) {
    for (const std::size_t units : {1, 10, 33, 100}) {
      for (const std::size_t features : {1, 17, 784}) {
        for (const Normalisation& normalisation : kNormalisations) {
          const auto bytes = random_bytes(rows * features, 1);
          const Values weight = random_values(units * features, 2);
          const auto run = [&](auto& b, const Values& w) {
            using Real = typename std::remove_reference_t<decltype(b)>::Real;
            auto x = pixels_of(b, bytes, rows, normalisation);
            const auto buffer = buffer_of(b, w);
            auto z = b.matrix(rows, units);
            b.input_gemm(z, x, MatrixView<const Real>{buffer.data(), units, features});
            EXPECT_EQ(z.rows(), rows);
            return values_of(b, z);
          };
          // A normalised pixel is off by two roundings of at most |byte| + |shift|.
          const double largest = (255 + normalisation.shift) * normalisation.scale;
          double sum = 0;
          for (std::size_t i = 0; i < features; ++i) sum += largest * 4;
          const double tolerance = (static_cast<double>(features) + 4) * kEps * sum;
          expect_close(run(this->device, weight), run(this->reference, weight), tolerance,
                       shape_text(rows, units) + " x " + std::to_string(features));
          if (this->HasFatalFailure()) return;
        }
      }
    }
  }
}

}  // namespace
}  // namespace kilat
