#include "ops/op_test.h"

namespace kilat {
namespace {

template <class T>
class SoftmaxTest : public OpTest<T> {
 protected:
  template <class Backend>
  Values run(Backend& b, std::size_t rows, std::size_t columns, const Values& z,
             const Values& bias) {
    auto matrix = matrix_of(b, rows, columns, z);
    const auto buffer = buffer_of(b, bias);
    b.softmax(matrix, span_of(buffer));
    return values_of(b, matrix);
  }
};
TYPED_TEST_SUITE(SoftmaxTest, SumBackends);

// A float logit near x is off by eps |x|, which moves its exponential by that share.
double tolerance(double scale, std::size_t columns) {
  return kEps * (4 * 8 * scale + static_cast<double>(columns) + 8);
}

TYPED_TEST(SoftmaxTest, AgreesWithReference) {
  for (const std::size_t rows : kRows) {
    for (const std::size_t columns : kColumns) {
      for (const double scale : {1e-3, 1.0, 30.0}) {
        const Values z = random_values(rows * columns, 1, scale);
        const Values bias = random_values(columns, 2, scale);
        expect_close(this->run(this->device, rows, columns, z, bias),
                     this->run(this->reference, rows, columns, z, bias), tolerance(scale, columns),
                     shape_text(rows, columns));
        if (this->HasFatalFailure()) return;
      }
    }
  }
}

// Beyond 1024 columns a row takes a whole block of CUDA's threads.
TYPED_TEST(SoftmaxTest, AgreesWithReferenceForRowsOfAWholeBlock) {
  for (const std::size_t columns : {1024, 1025, 3000}) {
    const Values z = random_values(5 * columns, 1);
    const Values bias = random_values(columns, 2);
    expect_close(this->run(this->device, 5, columns, z, bias),
                 this->run(this->reference, 5, columns, z, bias), tolerance(1, columns),
                 shape_text(5, columns));
  }
}

TYPED_TEST(SoftmaxTest, FiniteLogitsOfAnySizeGiveProbabilities) {
  const Values z = {3e38, -3e38, 0, 1e30, 1e30, 1e30, -1e38, -2e38, -3e38};
  const Values got = this->run(this->device, 3, 3, z, {0, 0, 0});
  const Values wanted = {1, 0, 0, 1.0 / 3, 1.0 / 3, 1.0 / 3, 1, 0, 0};
  expect_close(got, wanted, 1e-6, "huge logits");
}

}  // namespace
}  // namespace kilat
