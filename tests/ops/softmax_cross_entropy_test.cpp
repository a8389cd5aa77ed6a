#include "ops/op_test.h"

namespace kilat {
namespace {

struct Results {
  Values dz, loss;
  std::vector<std::uint8_t> hit;
};

template <class T>
class SoftmaxCrossEntropyTest : public OpTest<T> {
 protected:
  template <class Backend>
  Results run(Backend& b, std::size_t rows, std::size_t columns, const Values& z,
              const Values& bias, const std::vector<std::uint8_t>& labels, std::size_t n) {
    using Real = typename Backend::Real;
    auto matrix = matrix_of(b, rows, columns, z);
    const auto bias_buffer = buffer_of(b, bias);
    auto y = b.template buffer<std::uint8_t>(rows);
    b.upload(std::span(labels), y);
    auto loss = b.template buffer<Real>(rows);
    auto hit = b.template buffer<std::uint8_t>(rows);
    const auto& label_buffer = y;
    b.softmax_cross_entropy(matrix, span_of(bias_buffer), span_of(label_buffer), n, span_of(loss),
                            span_of(hit));
    const auto losses = values_of<Real>(b, loss);
    return {values_of(b, matrix), Values(losses.begin(), losses.end()),
            values_of<std::uint8_t>(b, hit)};
  }
};
TYPED_TEST_SUITE(SoftmaxCrossEntropyTest, SumBackends);

TYPED_TEST(SoftmaxCrossEntropyTest, AgreesWithReference) {
  for (const std::size_t rows : kRows) {
    for (const std::size_t columns : kColumns) {
      for (const double scale : {1e-3, 1.0, 30.0}) {
        const Values z = random_values(rows * columns, 1, scale);
        const Values bias = random_values(columns, 2, scale);
        const auto labels =
            random_bytes(rows, 3, static_cast<unsigned>(std::min<std::size_t>(columns, 256)));
        const std::size_t n = 3 * rows;
        const Results got = this->run(this->device, rows, columns, z, bias, labels, n);
        const Results wanted = this->run(this->reference, rows, columns, z, bias, labels, n);
        // As in softmax_test; the gradient is a probability over n, the loss a logit's difference.
        const double share = kEps * (4 * 8 * scale + static_cast<double>(columns) + 8);
        const std::string what = shape_text(rows, columns);
        expect_close(got.dz, wanted.dz, share / static_cast<double>(n), what + " dz");
        expect_close(got.loss, wanted.loss, share + 16 * kEps * scale, what + " loss");
        EXPECT_EQ(got.hit, wanted.hit) << what;
        if (this->HasFailure()) return;
      }
    }
  }
}

TYPED_TEST(SoftmaxCrossEntropyTest, FiniteLogitsNeverGiveANan) {
  const Values z = {3e38, -3e38, 3e38, 3e38, -3e38, -3e38, 1e4, -1e4};
  const Results got = this->run(this->device, 4, 2, z, {0, 0}, {1, 0, 1, 1}, 4);
  for (const double x : got.dz) EXPECT_TRUE(std::isfinite(x));
  for (const double x : got.loss) EXPECT_FALSE(std::isnan(x));
  EXPECT_NEAR(got.loss[1], std::log(2), 1e-6);
  EXPECT_NEAR(got.loss[3], 2e4, 1);
}

TYPED_TEST(SoftmaxCrossEntropyTest, ANonFiniteLogitMakesTheLossNonFiniteAndIsNoHit) {
  const double inf = std::numeric_limits<double>::infinity();
  const Values z = {std::nan(""), 1, inf, 1, 1, std::nan("")};
  const Results got = this->run(this->device, 3, 2, z, {0, 0}, {0, 0, 0}, 3);
  for (const double x : got.loss) EXPECT_FALSE(std::isfinite(x));
  EXPECT_EQ(got.hit, std::vector<std::uint8_t>(3));
}

TYPED_TEST(SoftmaxCrossEntropyTest, OfEqualLogitsTheFirstIsTheAnswer) {
  const Results got = this->run(this->device, 2, 3, {5, 5, 1, 5, 5, 1}, {0, 0, 0}, {0, 1}, 2);
  EXPECT_EQ(got.hit, (std::vector<std::uint8_t>{1, 0}));
}

}  // namespace
}  // namespace kilat
