#include "ops/op_test.h"

namespace kilat {
namespace {

template <class T>
class GemmTest : public OpTest<T> {};
TYPED_TEST_SUITE(GemmTest, SumBackends);

struct ProductCase {
  std::size_t m, n, k;
  bool a_transposed, b_transposed, accumulate;
};

template <class Real>
MatrixView<Real> view_of(Real* data, std::size_t rows, std::size_t columns, bool transposed) {
  return {data, rows, columns, transposed};
}

// |error| of a sum of k products is at most (k + 2) eps times the sum of their magnitudes.
template <class B>
void check(B& b, Reference& reference, const ProductCase& c) {
  const Values a = random_values(c.m * c.k, 1);
  const Values w = random_values(c.k * c.n, 2);
  const Values before = random_values(c.m * c.n, 3);
  const auto product = [&](auto& backend, const Values& x, const Values& y, const Values& z) {
    auto bx = buffer_of(backend, x), by = buffer_of(backend, y), bz = buffer_of(backend, z);
    using Real = typename std::remove_reference_t<decltype(backend)>::Real;
    backend.gemm(view_of(bz.data(), c.m, c.n, false),
                 MatrixView<const Real>(view_of(bx.data(), c.m, c.k, c.a_transposed)),
                 MatrixView<const Real>(view_of(by.data(), c.k, c.n, c.b_transposed)),
                 c.accumulate);
    const auto values = values_of<Real>(backend, bz);
    return Values(values.begin(), values.end());
  };
  const auto magnitude = [](Values v) {
    for (double& x : v) x = std::abs(x);
    return v;
  };
  Values tolerance = product(reference, magnitude(a), magnitude(w), magnitude(before));
  for (double& t : tolerance) t *= (static_cast<double>(c.k) + 2) * kEps;
  expect_close(product(b, a, w, before), product(reference, a, w, before), tolerance,
               shape_text(c.m, c.n) + " x " + std::to_string(c.k) + (c.a_transposed ? " AT" : "") +
                   (c.b_transposed ? " BT" : "") + (c.accumulate ? " +C" : ""));
}

TYPED_TEST(GemmTest, AgreesWithReferenceForAllShapesAndTranspositions) {
  for (const std::size_t m : {1, 3, 10, 128, 129}) {
    for (const std::size_t n : {1, 7, 10, 16, 100}) {
      for (const std::size_t k : {1, 2, 31, 784}) {
        for (int flags = 0; flags < 8; ++flags) {
          check(this->device, this->reference,
                {m, n, k, (flags & 1) != 0, (flags & 2) != 0, (flags & 4) != 0});
          if (this->HasFatalFailure()) return;
        }
      }
    }
  }
}

TYPED_TEST(GemmTest, AnEmptySumIsZero) {
  check(this->device, this->reference, {3, 4, 0, false, false, false});
  check(this->device, this->reference, {3, 4, 0, false, false, true});
  check(this->device, this->reference, {0, 4, 5, false, false, false});
}

TYPED_TEST(GemmTest, TheMatrixFormSetsTheRowsOfItsResult) {
  auto& b = this->device;
  using Real = typename TypeParam::Backend::Real;
  const auto x = matrix_of(b, 5, 3, random_values(15, 1));
  auto w = buffer_of(b, random_values(6, 2));
  auto z = b.matrix(8, 2);
  b.gemm(z, x.view(), MatrixView<const Real>{w.data(), 3, 2});
  EXPECT_EQ(z.rows(), 5U);
}

TYPED_TEST(GemmTest, ANanInOneRowStaysInThatRow) {
  auto& b = this->device;
  using Real = typename TypeParam::Backend::Real;
  Values a = random_values(4 * 20, 1);
  a[2 * 20 + 5] = std::nan("");
  const auto x = matrix_of(b, 4, 20, a);
  auto w = buffer_of(b, random_values(20 * 3, 2));
  auto z = b.matrix(4, 3);
  b.gemm(z, x.view(), MatrixView<const Real>{w.data(), 20, 3});
  const Values got = values_of(b, z);
  for (std::size_t i = 0; i < got.size(); ++i) EXPECT_EQ(std::isnan(got[i]), i / 3 == 2) << i;
}

TYPED_TEST(GemmTest, TheMatrixFormSetsTheRowsOfAReusedResult) {
  auto& b = this->device;
  using Real = typename TypeParam::Backend::Real;
  const auto w = buffer_of(b, Values(6, 1));
  auto z = b.matrix(9, 2);
  for (const std::size_t rows : {9, 4, 7}) {
    b.gemm(z, matrix_of(b, rows, 3, Values(rows * 3, static_cast<double>(rows))).view(),
           MatrixView<const Real>{w.data(), 3, 2});
    ASSERT_EQ(z.rows(), rows);
    EXPECT_EQ(values_of(b, z), Values(rows * 2, 3 * static_cast<double>(rows)));
  }
}

}  // namespace
}  // namespace kilat
