#include "ops/input_test.h"

namespace kilat {
namespace {

template <class T>
class InputGemmTest : public OpTest<T> {};
TYPED_TEST_SUITE(InputGemmTest, InputBackends);

TYPED_TEST(InputGemmTest, AgreesWithReference) {
  for (const std::size_t rows : {1, 3, 128, 129}) {
    for (const std::size_t units : {1, 10, 33, 100}) {
      for (const std::size_t features : {1, 17, 784}) {
        for (const Normalisation& normalisation : kNormalisations) {
          const auto bytes = random_bytes(rows * features, 1);
          const Values weight = random_values(units * features, 2);
          const auto run = [&](auto& b, const Values& w) {
            using Real = typename std::remove_reference_t<decltype(b)>::Real;
            auto batch = batch_of(b, bytes, rows, normalisation);
            const auto buffer = buffer_of(b, w);
            auto z = b.matrix(rows, units);
            b.input_gemm(z, batch.x, MatrixView<const Real>{buffer.data(), units, features});
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

// As a workspace is used: one batch after another in the same objects, the last one short.
TYPED_TEST(InputGemmTest, ReusedBatchesAndResultsTakeTheirNewRows) {
  constexpr std::size_t kFeatures = 17, kUnits = 10, kCapacity = 129;
  auto& b = this->device;
  auto x = b.pixels(kCapacity, kFeatures, {33.3F, 0.01F});
  auto z = b.matrix(kCapacity, kUnits), fresh_z = b.matrix(kCapacity, kUnits);
  auto y = b.template buffer<std::uint8_t>(kCapacity);
  const auto order = b.template buffer<std::uint32_t>(0);
  const auto cursor = b.template buffer<Cursor>(1);
  const auto weight = buffer_of(b, random_values(kUnits * kFeatures, 2));
  const MatrixView<const float> w{weight.data(), kUnits, kFeatures};
  for (const std::size_t rows : {128, 3, 129, 1}) {
    const auto bytes = random_bytes(rows * kFeatures, static_cast<unsigned>(rows));
    const auto images = b.images(bytes, kFeatures);
    const auto labels = b.template buffer<std::uint8_t>(rows);
    b.gather(x, span_of(y), images, span_of(labels), order, cursor, {0, rows, 0, false});
    b.input_gemm(z, x, w);
    auto fresh = batch_of(b, bytes, rows, {33.3F, 0.01F});
    b.input_gemm(fresh_z, fresh.x, w);
    ASSERT_EQ(z.rows(), rows);
    ASSERT_EQ(values_of(b, z), values_of(b, fresh_z)) << rows << " rows";
  }
}

}  // namespace
}  // namespace kilat
