#include "ops/op_test.h"

namespace kilat {
namespace {

template <class T>
class ActivationBackwardTest : public OpTest<T> {};
TYPED_TEST_SUITE(ActivationBackwardTest, Backends);

TYPED_TEST(ActivationBackwardTest, AgreesWithReferenceOnHostileValues) {
  for (const std::size_t rows : kRows) {
    for (const std::size_t columns : kColumns) {
      const Values dz = hostile_values(rows * columns, 1);
      const Values a = hostile_values(rows * columns, 2);
      for (const Activation& f : kActivations) {
        const auto run = [&](auto& b) {
          auto matrix = matrix_of(b, rows, columns, dz);
          b.activation_backward(matrix, matrix_of(b, rows, columns, a), f);
          return values_of(b, matrix);
        };
        const Values wanted = run(this->reference);
        Values tolerance(wanted.size());  // exact, but for the product with the slope
        for (std::size_t i = 0; i < wanted.size(); ++i) {
          tolerance[i] = a[i] > 0 || f.slope == 0 ? 0 : kEps * std::abs(wanted[i]);
        }
        expect_close(run(this->device), wanted, tolerance, shape_text(rows, columns));
        if (this->HasFatalFailure()) return;
      }
    }
  }
}

}  // namespace
}  // namespace kilat
