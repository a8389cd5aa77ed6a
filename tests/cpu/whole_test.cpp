// The first layer's products in whole numbers are those of docs/arithmetic.md to the bit, which
// Portable makes in plain loops: on each set of instructions, with any number of threads.
#include <cmath>

#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

#include <kilat/error.h>

#include "backend/cpu/whole/product.h"
#include "backend/portable/portable.h"
#include "cpu/sparse_pixels.h"
#include "ops/first_weight.h"

namespace kilat {
namespace {

struct WholeCase {
  std::size_t rows, units, features;
};

const std::vector<WholeCase> kCases = {{1, 1, 1},    {2, 5, 3},     {3, 10, 4},    {65, 10, 5},
                                       {64, 11, 63}, {200, 10, 64}, {7, 16, 65},   {130, 10, 784},
                                       {33, 17, 70}, {90, 33, 20},  {20, 100, 50}, {40, 150, 300}};

// The normalisations, and one whose factors are subnormal numbers.
std::vector<Normalisation> normalisations() {
  std::vector<Normalisation> all = kNormalisations;
  all.push_back({255, 0x1p-30F});
  return all;
}

// Numbers of a kind, as floats: alike; of all sizes; that cancel; subnormal ones with a larger one.
constexpr int kKinds = 4;
Values floats_of_kind(int kind, std::size_t n, unsigned seed) {
  Values values = random_values(n, seed);
  for (std::size_t i = 0; i < n; ++i) {
    const auto turn = static_cast<int>(i * 7 + seed);
    if (kind == 1) values[i] = std::ldexp(values[i], -(turn % 50));
    if (kind == 2) values[i] = i % 2 == 0 ? 1 : -1 + 0x1p-20;
    if (kind == 3) values[i] = std::ldexp(values[i], i % 31 == 0 ? -100 : -127);
    values[i] = static_cast<float>(values[i]);
  }
  return values;
}

// [features, units] of Portable's weight: transposed.
struct PlainWeight {
  HostBuffer<float> buffer;
  MatrixView<float> view;

  PlainWeight(Portable& b, const Values& values, std::size_t units)
      : buffer(buffer_of(b, transposed(values, values.size() / units, units))),
        view{buffer.data(), units, values.size() / units} {}
  Values values() const {
    return transposed({buffer.begin(), buffer.end()}, view.rows, view.columns);
  }
};

Values product_by_plain_loops(const std::vector<std::uint8_t>& bytes, const WholeCase& c,
                              Normalisation normalisation, const Values& weight) {
  Portable b;
  auto batch = batch_of(b, bytes, c.rows, normalisation);
  const PlainWeight w(b, weight, c.units);
  auto z = b.matrix(c.rows, c.units);
  b.input_gemm(z, batch.x, {w.view.data, c.units, c.features});
  return values_of(b, z);
}

Values gradient_by_plain_loops(const std::vector<std::uint8_t>& bytes, const WholeCase& c,
                               Normalisation normalisation, const Values& dz, const Values& before,
                               bool accumulate) {
  Portable b;
  auto batch = batch_of(b, bytes, c.rows, normalisation);
  const PlainWeight gradient(b, before, c.units);
  b.input_gradient(gradient.view, matrix_of(b, c.rows, c.units, dz), batch.x, accumulate);
  return gradient.values();
}

// The same bits; any NaN is a NaN.
void expect_same(const Values& a, const Values& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    ASSERT_TRUE(a[i] == b[i] || (std::isnan(a[i]) && std::isnan(b[i])))
        << i << ": " << a[i] << " and " << b[i];
  }
}

template <class F>
void in_every_case(const F& f) {
  for (const WholeCase& c : kCases) {
    for (const Normalisation& normalisation : normalisations()) {
      for (int kind = 0; kind < kKinds; ++kind) {
        SCOPED_TRACE(testing::Message() << shape_text(c.rows, c.units) << " x " << c.features
                                        << ", shift " << normalisation.shift << ", scale "
                                        << normalisation.scale << ", kind " << kind);
        const unsigned percent = kind == 0 ? 100 : 20;
        f(c, normalisation, kind, sparse_bytes(c.rows, c.features, 1, percent));
        if (testing::Test::HasFailure()) return;
      }
    }
  }
}

Cpu whole_cpu(int threads) {
  return Cpu({.threads = threads, .first_layer = FirstLayer::whole, .units = nullptr});
}

// What f returns of numbers that a Cpu has made: in the thread that made the Cpu, subnormal ones
// would be read as zeros.
template <class F>
auto with_subnormals(const F& f) {
#if defined(__SSE2__)
  const unsigned before = _mm_getcsr();
  _mm_setcsr(before & ~0x8040U);
  auto result = f();
  _mm_setcsr(before);
  return result;
#else
  return f();
#endif
}

// Calls f(Cpu, way) on one thread and on two.
template <class F>
void on_each_cpu(const F& f) {
  for (const int threads : {1, 2}) {
    Cpu b = whole_cpu(threads);
    for (const Way way : kWays) {
      SCOPED_TRACE(testing::Message() << threads << " " << text_of(way));
      f(b, way);
    }
  }
}

TEST(WholeTest, AProductIsThatOfPlainLoopsToTheBit) {
  in_every_case([](const WholeCase& c, Normalisation normalisation, int kind,
                   const std::vector<std::uint8_t>& bytes) {
    const Values weight = floats_of_kind(kind, c.features * c.units, 3);
    const Values wanted = product_by_plain_loops(bytes, c, normalisation, weight);
    on_each_cpu([&](Cpu& b, Way way) {
      auto batch = batch_of(b, bytes, c.rows, normalisation);
      const FirstWeight w(b, weight, c.units);
      auto z = b.matrix(c.rows, c.units);
      go(b, way, c.rows, [&] { b.input_gemm(z, batch.x, w.view()); });
      expect_same(with_subnormals([&] { return values_of(b, z); }), wanted);
    });
  });
}

TEST(WholeTest, AGradientIsThatOfPlainLoopsToTheBit) {
  in_every_case([](const WholeCase& c, Normalisation normalisation, int kind,
                   const std::vector<std::uint8_t>& bytes) {
    const Values dz = floats_of_kind(kind, c.rows * c.units, 4);
    const Values before = random_values(c.features * c.units, 5);
    for (const bool accumulate : {false, true}) {
      const Values wanted =
          gradient_by_plain_loops(bytes, c, normalisation, dz, before, accumulate);
      on_each_cpu([&](Cpu& b, Way way) {
        auto batch = batch_of(b, bytes, c.rows, normalisation);
        FirstWeight gradient(b, before, c.units);
        const auto m = matrix_of(b, c.rows, c.units, dz);
        go(b, way, c.rows, [&] { b.input_gradient(gradient.view(), m, batch.x, accumulate); });
        expect_same(with_subnormals([&] { return gradient.values(b); }), wanted);
      });
    }
  });
}

// Numbers whose digits are −128, −128, −63 and 127, 127, 63: with bytes of 255 the largest sums of
// digits that there are.
const std::vector<double> kLargestDigits = {-4161664.0 / 4194304, 4161407.0 / 4194304};
constexpr std::size_t kMostRows = 65536;

// 1 and such numbers: of one unit's weights, or of dz.
Values largest_digits(double number) {
  Values values(kMostFeatures, number);
  values[0] = 1;
  return values;
}

TEST(WholeTest, TheLargestSumsFit) {
  const std::vector<std::uint8_t> bytes(kMostFeatures, 255);
  for (const double number : kLargestDigits) {
    const Values numbers = largest_digits(number);
    Cpu b = whole_cpu(1);
    const WholeCase product{1, 1, kMostFeatures};
    auto one = batch_of(b, bytes, 1, {3, 1});
    const FirstWeight w(b, numbers, 1);
    auto z = b.matrix(1, 1);
    b.input_gemm(z, one.x, w.view());
    expect_same(values_of(b, z), product_by_plain_loops(bytes, product, {3, 1}, numbers));

    const WholeCase gradient{kMostRows, 1, 1};
    auto all = batch_of(b, bytes, kMostRows, {3, 1});
    FirstWeight sum(b, Values(1), 1);
    const auto dz = matrix_of(b, kMostRows, 1, numbers);
    b.input_gradient(sum.view(), dz, all.x, false);
    expect_same(sum.values(b),
                gradient_by_plain_loops(bytes, gradient, {3, 1}, numbers, {0}, false));
  }
}

TEST(WholeTest, RefusesImagesWhoseSumsMightNotFit) {
  Cpu b = whole_cpu(1);
  EXPECT_NO_THROW(b.pixels(1, kMostFeatures, {}));
  EXPECT_THROW(b.pixels(1, kMostFeatures + 1, {}), Error);
}

// What AVX512-VNNI's instruction does, plain operations do.
TEST(WholeTest, InstructionsAndPlainOperationsAreAlike) {
  for (const std::size_t n : {1, 5, 10, 16, 32, 48, 64}) {
    const std::size_t columns = Digits::columns_of(n);
    for (const std::size_t bytes : {1, 4, 9, 64, 300}) {
      const auto row = sparse_bytes(2, bytes, 8, 50);
      auto digits = random_bytes(fours_of(bytes) * columns * 4, 3);
      digits[0] = 128;  // −128
      ListedFours listed;
      Team team(1);
      listed.list_all(row.data(), 2, bytes, team);
      const std::vector<Fours> rows = {listed.row(0), listed.row(1)};
      std::vector<std::int32_t> sums(2 * columns + 16, 7), plain(sums);
      const auto* values = reinterpret_cast<const std::int8_t*>(digits.data());
      multiply({rows.data(), 2, 0, values, columns, sums.data()});
      multiply_plainly({rows.data(), 2, 0, values, columns, plain.data()});
      ASSERT_EQ(sums, plain) << n << ", " << bytes;
    }
  }
}

// A slice of at most 65,536 rows, whatever the number of threads.
TEST(WholeTest, ASliceIsNeverLargerThanItsSumsAllow) {
  const Cpu b = whole_cpu(300);
  EXPECT_LE(b.plan(100000).slice_rows, 65536U);
  EXPECT_EQ(b.plan(65536).slice_rows, 65536U);
  EXPECT_EQ(Cpu(300).plan(100000).slice_rows, 100000U);
}

// As a full batch is used: the same slices in each step, each by one worker; the gradient again and
// again, of images that stay and of images that are made anew.
TEST(WholeTest, SlicesThatComeAgainAreThoseOfTheirImages) {
  constexpr std::size_t kRows = 300, kSlice = 100, kFeatures = 48, kUnits = 10;
  const WholeCase slice{kSlice, kUnits, kFeatures};
  Cpu b = whole_cpu(1);
  const std::vector<std::uint8_t> first = sparse_bytes(kRows, kFeatures, 1);
  const std::vector<std::uint8_t> second = sparse_bytes(kRows, kFeatures, 2);
  const auto fixed = b.images(first, kFeatures), other = b.images(second, kFeatures);
  auto moved = b.empty_images(kRows, kFeatures);
  auto x = b.pixels(kSlice, kFeatures, kHalf);
  auto y = b.buffer<std::uint8_t>(kSlice);
  const auto labels = b.buffer<std::uint8_t>(kRows);
  const auto order = b.buffer<std::uint32_t>(0);
  const auto cursor = b.buffer<Cursor>(1);
  const Values dz = random_values(kSlice * kUnits, 3);
  const auto m = matrix_of(b, kSlice, kUnits, dz);
  for (const std::uint32_t epoch : {0, 1, 2}) {
    b.augment(moved, fixed,
              {.seed = 1, .augmentation = {3}, .height = 6, .width = 8, .epoch = epoch});
    for (const CpuImages* images : std::vector<const CpuImages*>{&fixed, &other, &moved}) {
      for (std::size_t from = 0; from < kRows; from += kSlice) {
        b.gather(x, span_of(y), *images, span_of(labels), order, cursor, {from, kSlice, 0, false});
        FirstWeight gradient(b, Values(kFeatures * kUnits), kUnits);
        b.input_gradient(gradient.view(), m, x, false);
        const std::uint8_t* row = images->row(from);
        expect_same(gradient.values(b),
                    gradient_by_plain_loops({row, row + kSlice * kFeatures}, slice, kHalf, dz,
                                            Values(kFeatures * kUnits), false));
        if (HasFailure()) FAIL() << "epoch " << epoch << ", row " << from;
      }
    }
  }
}

std::vector<std::uint8_t> bytes_of(const Fours& fours, std::size_t n) {
  std::vector<std::uint8_t> bytes(fours_of(n) * 4);
  for (std::size_t i = 0; i < fours.count; ++i) {
    EXPECT_NE(fours.bytes[i], 0U);
    for (std::size_t k = 0; k < 4; ++k) {
      bytes[4 * std::size_t{fours.index[i]} + k] =
          static_cast<std::uint8_t>(fours.bytes[i] >> 8 * k);
    }
  }
  bytes.resize(n);
  return bytes;
}

TEST(FoursTest, AreTheBytesOfARow) {
  for (std::size_t n = 1; n < 300; n += n < 140 ? 1 : 37) {
    for (const unsigned percent : {0, 1, 20, 60, 100}) {
      const auto row = sparse_bytes(1, n, 9, percent);
      std::vector<std::uint32_t> bytes(fours_of(n), 7);
      std::vector<std::uint16_t> index(bytes.size(), 7);
      std::size_t count = 0;
      list_fours({row.data(), n, bytes.data(), index.data(), &count});
      ASSERT_LE(count, fours_of(n));
      ASSERT_EQ(bytes_of({bytes.data(), index.data(), count}, n), row) << n;
    }
  }
}

TEST(FoursTest, EachRowOfASetIsListedByWhoeverMakesIt) {
  constexpr std::size_t kRows = 300;
  for (const std::size_t columns : {1, 5, 64, 100}) {
    const auto bytes = sparse_bytes(kRows, columns, 3);
    Team team(3);
    ListedFours listed;
    for (int again = 0; again < 2; ++again) listed.list_all(bytes.data(), kRows, columns, team);
    for (std::size_t r = 0; r < kRows; ++r) {
      const auto* row = bytes.data() + r * columns;
      ASSERT_EQ(bytes_of(listed.row(r), columns), std::vector<std::uint8_t>(row, row + columns));
    }
  }
}

TEST(DigitsTest, AreThoseOfTheWholeNumbers) {
  for (const std::size_t n : {1, 5, 10, 16, 32, 48, 64}) {
    for (const std::size_t depth : {1, 2, 4, 7, 300, 1100}) {
      const std::size_t width = (n + 15) / 16 * 16;
      std::vector<float> from(depth * width);
      for (std::size_t i = 0; i < from.size(); ++i) {
        if (i % width < n)
          from[i] = static_cast<float>(random_values(1, static_cast<unsigned>(i))[0]);
      }
      if (depth > 2) from[width] = INFINITY;  // of column 0
      std::vector<std::int8_t> to(DigitSource::size_of(depth, n));
      const Digits digits = digits_of({from.data(), depth, width, n, to.data()});
      ASSERT_EQ(digits.columns() % 16, 0U);
      for (std::size_t j = 0; j < n; ++j) {
        std::int64_t sum = 0;
        const bool finite = !std::isnan(digits.scale[j].from);
        ASSERT_EQ(finite, j != 0 || depth <= 2);
        for (std::size_t k = 0; k < depth; ++k) {
          std::int64_t number = 0;
          for (std::size_t d = kDigits; d-- > 0;) {
            number = 256 * number + to[(k / 4 * digits.columns() + d * n + j) * 4 + k % 4];
          }
          ASSERT_EQ(number, finite ? whole(from[k * width + j], digits.scale[j]) : 0)
              << k << ", " << j << " of " << n;
          sum += number;
        }
        ASSERT_EQ(digits.sum[j], sum);
      }
    }
  }
}

}  // namespace
}  // namespace kilat
