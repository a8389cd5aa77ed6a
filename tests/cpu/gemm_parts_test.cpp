// A Cpu's members each make a part of a product, whose result may be stored transposed. Whole
// numbers make the products exact.
#include "cpu/sparse_pixels.h"

namespace kilat {
namespace {

struct PartsCase {
  std::size_t m, n, k;
  bool a_transposed, b_transposed, c_transposed, accumulate;
};

template <class B, class Go>
Values product_on(B& b, const PartsCase& c, const Go& run) {
  using Real = typename B::Real;
  const auto x = buffer_of(b, whole_values(c.m * c.k, 1));
  const auto y = buffer_of(b, whole_values(c.k * c.n, 2));
  auto z = buffer_of(b, whole_values(c.m * c.n, 3));
  run([&] {
    b.gemm(MatrixView<Real>{z.data(), c.m, c.n, c.c_transposed},
           MatrixView<const Real>{x.data(), c.m, c.k, c.a_transposed},
           MatrixView<const Real>{y.data(), c.k, c.n, c.b_transposed}, c.accumulate);
  });
  return {z.begin(), z.end()};
}

void expect_product(const PartsCase& c) {
  Reference reference;
  const Values wanted = product_on(reference, c, [](const auto& f) { f(); });
  for (const int threads : {1, 2, 3}) {
    Cpu b(threads);
    for (const Way way : kWays) {
      const Values got = product_on(b, c, [&](const auto& f) { go(b, way, c.m, f); });
      ASSERT_EQ(got, wanted) << shape_text(c.m, c.n) << " x " << c.k << " on " << threads << " "
                             << text_of(way) << (c.a_transposed ? " AT" : "")
                             << (c.b_transposed ? " BT" : "") << (c.c_transposed ? " CT" : "")
                             << (c.accumulate ? " +C" : "");
    }
  }
}

TEST(GemmPartsTest, AProductIsThatOfReferenceHoweverItIsSharedOutAndStored) {
  for (const std::size_t m : {1, 10, 129}) {
    for (const std::size_t n : {1, 17, 300}) {
      for (const std::size_t k : {1, 31, 300}) {
        for (int flags = 0; flags < 16; ++flags) {
          expect_product(
              {m, n, k, (flags & 1) != 0, (flags & 2) != 0, (flags & 4) != 0, (flags & 8) != 0});
          if (HasFatalFailure()) return;
        }
      }
    }
  }
}

TEST(GemmPartsTest, AnEmptySumThatIsStoredTransposedIsZero) {
  expect_product({3, 4, 0, false, false, true, false});
  expect_product({3, 4, 0, false, false, true, true});
}

}  // namespace
}  // namespace kilat
