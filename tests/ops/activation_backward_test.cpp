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

// The reference shares the function with the devices: its values are written out here.
TYPED_TEST(ActivationBackwardTest, PassesAboveZeroAndTheSlopeBelow) {
  const auto passed = [&](const Activation& f) {
    auto dz = matrix_of(this->device, 1, 4, {8, 8, 8, -8});
    this->device.activation_backward(dz, matrix_of(this->device, 1, 4, {0, 1, -1, -0.5}), f);
    return values_of(this->device, dz);
  };
  EXPECT_EQ(passed({}), (Values{0, 8, 0, 0}));
  EXPECT_EQ(passed({ActivationKind::leaky_relu, 0.25F}), (Values{2, 8, 2, -2}));
}

}  // namespace
}  // namespace kilat
