#include "ops/op_test.h"

namespace kilat {
namespace {

template <class T>
class ColumnSumTest : public OpTest<T> {
 protected:
  void expect_agreement(std::size_t rows, std::size_t columns) {
    const Values dz = random_values(rows * columns, 1);
    const Values before = random_values(columns, 2);
    const auto run = [&](auto& b, bool accumulate) {
      auto sum = buffer_of(b, before);
      b.column_sum(span_of(sum), matrix_of(b, rows, columns, dz), accumulate);
      const auto values = values_of<typename std::remove_reference_t<decltype(b)>::Real>(b, sum);
      return Values(values.begin(), values.end());
    };
    const double n = static_cast<double>(rows) + 1;
    for (const bool accumulate : {false, true}) {
      expect_close(run(this->device, accumulate), run(this->reference, accumulate),
                   n * kEps * 4 * n, shape_text(rows, columns));
    }
  }
};
TYPED_TEST_SUITE(ColumnSumTest, SumBackends);

TYPED_TEST(ColumnSumTest, AgreesWithReferenceAndAccumulates) {
  for (const std::size_t rows : kRows) {
    for (const std::size_t columns : kColumns) {
      this->expect_agreement(rows, columns);
      if (this->HasFatalFailure()) return;
    }
  }
}

// Taller than 2^16 rows, where the chunks of CUDA's kernel grow.
TYPED_TEST(ColumnSumTest, AddsEveryRowOfAVeryTallMatrixOnce) {
  constexpr std::size_t kTall = 70001, kColumns = 3;
  auto sum = buffer_of(this->device, Values(kColumns));
  const auto dz = matrix_of(this->device, kTall, kColumns, Values(kTall * kColumns, 1));
  this->device.column_sum(span_of(sum), dz, false);
  EXPECT_EQ((values_of<float>(this->device, sum)), std::vector<float>(kColumns, kTall));
}

TYPED_TEST(ColumnSumTest, AgreesWithReferenceForTallMatrices) {
  for (const std::size_t rows : {511, 512, 513, 1300}) {
    for (const std::size_t columns : {1, 10, 16, 17, 33, 100}) {
      this->expect_agreement(rows, columns);
      if (this->HasFatalFailure()) return;
    }
  }
}

}  // namespace
}  // namespace kilat
