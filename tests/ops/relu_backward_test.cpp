#include "ops/op_test.h"

namespace kilat {
namespace {

template <class T>
class ReluBackwardTest : public OpTest<T> {};
TYPED_TEST_SUITE(ReluBackwardTest, Backends);

TYPED_TEST(ReluBackwardTest, AgreesExactlyWithReferenceOnHostileValues) {
  for (const std::size_t rows : kRows) {
    for (const std::size_t columns : kColumns) {
      const Values dz = hostile_values(rows * columns, 1);
      const Values a = hostile_values(rows * columns, 2);
      const auto run = [&](auto& b) {
        auto matrix = matrix_of(b, rows, columns, dz);
        b.relu_backward(matrix, matrix_of(b, rows, columns, a));
        return values_of(b, matrix);
      };
      expect_close(run(this->device), run(this->reference), 0, shape_text(rows, columns));
      if (this->HasFatalFailure()) return;
    }
  }
}

}  // namespace
}  // namespace kilat
