#include "ops/op_test.h"

namespace kilat {
namespace {

template <class T>
class ColumnSumTest : public OpTest<T> {};
TYPED_TEST_SUITE(ColumnSumTest, Backends);

TYPED_TEST(ColumnSumTest, AgreesWithReferenceAndAccumulates) {
  for (const std::size_t rows : kRows) {
    for (const std::size_t columns : kColumns) {
      const Values dz = random_values(rows * columns, 1);
      const Values before = random_values(columns, 2);
      const auto run = [&](auto& b, bool accumulate) {
        using B = std::remove_reference_t<decltype(b)>;
        auto sum = buffer_of(b, before);
        b.column_sum(span_of(sum), matrix_of(b, rows, columns, dz), accumulate);
        const auto values = values_of<B, typename B::Real>(b, sum);
        return Values(values.begin(), values.end());
      };
      const double n = static_cast<double>(rows) + 1;
      for (const bool accumulate : {false, true}) {
        expect_close(run(this->device, accumulate), run(this->reference, accumulate),
                     n * kEps * 4 * n, shape_text(rows, columns));
        if (this->HasFatalFailure()) return;
      }
    }
  }
}

TYPED_TEST(ColumnSumTest, DoesNotDependOnTheNumberOfThreads) {
  const Values dz = random_values(129 * 1000, 1);
  const auto run = [&](Cpu& b) {
    auto sum = b.buffer<float>(1000);
    b.column_sum(span_of(sum), matrix_of(b, 129, 1000, dz), false);
    return values_of<Cpu, float>(b, sum);
  };
  Cpu one(1);
  EXPECT_EQ(run(one), run(this->device));
}

// In any other order the 1 is lost.
TYPED_TEST(ColumnSumTest, AddsInTheOrderOfTheRows) {
  constexpr std::size_t kUnits = 300;
  Values dz;
  for (const double x : {1e8, -1e8, 1.0}) dz.insert(dz.end(), kUnits, x);
  auto sum = this->device.template buffer<float>(kUnits);
  this->device.column_sum(span_of(sum), matrix_of(this->device, 3, kUnits, dz), false);
  EXPECT_EQ((values_of<typename TypeParam::Backend, float>(this->device, sum)),
            std::vector<float>(kUnits, 1));
}

}  // namespace
}  // namespace kilat
