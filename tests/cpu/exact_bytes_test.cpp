// The contract of exact bytes: against double precision, products on bf16 units err no more
// than 1.5 times as much as sgemm does.
#include <array>
#include <functional>

#include <kilat/error.h>

#include "cpu/every_cpu.h"
#include "ops/first_weight.h"
#include "ops/input_test.h"

namespace kilat {
namespace {

struct ProductCase {
  std::size_t rows, units, features;
  Normalisation normalisation;
  std::string text;
};

const std::vector<Normalisation> kScales = {
    {0, 1.0F / 255}, {33.3F, 1.0F / 78.6F}, {127.5F, 0.01F}, {255, 1}, {0.5F, 2}, {250.4F, 1e-3F}};

std::vector<ProductCase> product_cases() {
  std::vector<ProductCase> list;
  for (const Normalisation& n : kScales) {
    for (const auto& [rows, units, features] :
         std::vector<std::array<std::size_t, 3>>{{2, 3, 784},
                                                 {16, 10, 784},
                                                 {33, 17, 100},
                                                 {130, 40, 61},
                                                 {7, 33, 1025},
                                                 {3000, 3, 5}}) {
      list.push_back({rows, units, features, n,
                      shape_text(rows, units) + " x " + std::to_string(features) + ", shift " +
                          std::to_string(n.shift)});
    }
  }
  return list;
}

// Floats of one magnitude, of magnitudes strewn over forty decades, and mostly zeros.
const std::vector<std::pair<std::string, std::function<double(std::mt19937&)>>> kNumbers = {
    {"tiny", [](std::mt19937& r) { return 1e-20 * std::normal_distribution<double>()(r); }},
    {"one", [](std::mt19937& r) { return std::normal_distribution<double>()(r); }},
    {"huge", [](std::mt19937& r) { return 1e20 * std::normal_distribution<double>()(r); }},
    {"any",
     [](std::mt19937& r) {
       const double decade = std::uniform_real_distribution<double>(-20, 20)(r);
       return std::pow(10, decade) * std::normal_distribution<double>()(r);
     }},
    {"zeros",
     [](std::mt19937& r) { return r() % 4 != 0 ? 0 : std::normal_distribution<double>()(r); }}};

Values numbers(const std::function<double(std::mt19937&)>& draw, std::size_t n, unsigned seed) {
  std::mt19937 random(seed);
  Values values(n);
  for (double& v : values) v = static_cast<float>(draw(random));
  return values;
}

// A product in double, and the sum of its terms' magnitudes.
struct Truth {
  Values product, magnitude;
};

// C[i][j] = Σ_k a(i, k) · b(k, j)
template <class A, class B>
Truth multiply(std::size_t m, std::size_t n, std::size_t depth, const A& a, const B& b) {
  Truth truth{Values(m * n), Values(m * n)};
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t k = 0; k < depth; ++k) {
      for (std::size_t j = 0; j < n; ++j) {
        const double term = a(i, k) * b(k, j);
        truth.product[i * n + j] += term;
        truth.magnitude[i * n + j] += std::abs(term);
      }
    }
  }
  return truth;
}

double largest_error(const Values& got, const Truth& truth) {
  double largest = 0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    const double error = std::abs(got[i] - truth.product[i]);
    if (error == 0) continue;
    // Where all terms are zero nothing may come out but zero.
    largest = std::max(largest, error / truth.magnitude[i]);
  }
  return largest;
}

// One number's error is a matter of luck: cases of few numbers are drawn several times.
unsigned draws(std::size_t numbers_of_a_case) {
  return static_cast<unsigned>(1 + 500 / numbers_of_a_case);
}

// A product to be made and what it should be.
struct Draw {
  std::vector<std::uint8_t> bytes;
  Values values;  // weights or dz
  Truth truth;
};

// `at_least`: an error that is always fine.
template <class Run>
void expect_the_accuracy_of_sgemm(const ProductCase& c, const std::vector<Draw>& list,
                                  double at_least, const Run& run) {
  const auto error_on = [&](Cpu& cpu) {
    double largest = 0;
    for (const Draw& draw : list) {
      auto batch = batch_of(cpu, draw.bytes, c.rows, c.normalisation);
      largest = std::max(largest, largest_error(run(cpu, batch.x, draw.values), draw.truth));
    }
    return largest;
  };
  Cpu fp32({.threads = 1, .first_layer = FirstLayer::fp32, .units = nullptr});
  const double sgemm = error_on(fp32);
  for (const FirstLayerWay& way : first_layer_ways()) {
    if (way.units == nullptr) continue;
    Cpu cpu = way.on(way.threads.back());
    EXPECT_LE(error_on(cpu), std::max(1.5 * sgemm, at_least)) << way.name << ", " << c.text;
  }
}

// x[i][k] = (byte − shift) · scale in double
auto normalised(const ProductCase& c, const std::vector<std::uint8_t>& bytes) {
  return [&c, &bytes](std::size_t i, std::size_t k) {
    return (double{1} * bytes[i * c.features + k] - c.normalisation.shift) * c.normalisation.scale;
  };
}

class ExactBytesTest : public testing::TestWithParam<std::size_t> {
 protected:
  // One rounding of the sum of magnitudes, which no sgemm can promise to stay below: on CPUs with
  // AVX2 oneDNN's adds up thin products in many short sums. A sum of any magnitudes is often one
  // term, which sgemm rounds but once or twice; here a byte next to the shift can be half of what
  // its whole part leaves and rest takes away.
  double fine_error() const { return kNumbers[GetParam()].first == "any" ? 5 * kEps : kEps; }
};

TEST_P(ExactBytesTest, AProductIsAsAccurateAsSgemms) {
  for (const ProductCase& c : product_cases()) {
    std::vector<Draw> list;
    for (unsigned seed = 1; seed <= draws(c.rows * c.units); ++seed) {
      Draw d{random_bytes(c.rows * c.features, seed),
             numbers(kNumbers[GetParam()].second, c.features * c.units, seed + 1),
             {}};
      d.truth = multiply(c.rows, c.units, c.features, normalised(c, d.bytes),
                         [&](std::size_t k, std::size_t j) { return d.values[k * c.units + j]; });
      list.push_back(std::move(d));
    }
    expect_the_accuracy_of_sgemm(c, list, fine_error(),
                                 [&](Cpu& b, Cpu::Pixels& x, const Values& weight) {
                                   const FirstWeight w(b, weight, c.units);
                                   auto z = b.matrix(c.rows, c.units);
                                   b.input_gemm(z, x, w.view());
                                   return values_of(b, z);
                                 });
  }
}

TEST_P(ExactBytesTest, AGradientIsAsAccurateAsSgemms) {
  for (const ProductCase& c : product_cases()) {
    std::vector<Draw> list;
    for (unsigned seed = 1; seed <= draws(c.features * c.units); ++seed) {
      Draw d{random_bytes(c.rows * c.features, seed),
             numbers(kNumbers[GetParam()].second, c.rows * c.units, seed + 1),
             {}};
      const auto x = normalised(c, d.bytes);
      d.truth = multiply(
          c.features, c.units, c.rows, [&](std::size_t k, std::size_t i) { return x(i, k); },
          [&](std::size_t i, std::size_t j) { return d.values[i * c.units + j]; });
      list.push_back(std::move(d));
    }
    expect_the_accuracy_of_sgemm(c, list, fine_error(),
                                 [&](Cpu& b, Cpu::Pixels& x, const Values& dz) {
                                   const auto m = matrix_of(b, c.rows, c.units, dz);
                                   FirstWeight gradient(b, Values(c.features * c.units), c.units);
                                   b.input_gradient(gradient.view(), m, x, false);
                                   return gradient.values(b);
                                 });
  }
}

INSTANTIATE_TEST_SUITE_P(Numbers, ExactBytesTest, testing::Range<std::size_t>(0, kNumbers.size()),
                         [](const auto& numbers_of) { return kNumbers[numbers_of.param].first; });

// A path that this CPU lacks is named, not passed over in silence.
TEST(ExactPathTest, Avx512Bf16IsThere) {
  if (!has_avx512_bf16()) GTEST_SKIP() << "this CPU has no AVX512-BF16";
}
TEST(ExactPathTest, AmxIsThereOrEmulated) {
  if (!emulate_amx()) GTEST_SKIP() << "no emulation for this system";
}

TEST(ExactPathTest, AutoTakesItWhereThereIsAmx) {
  EXPECT_EQ(first_layer_units({.units = amx()}), amx());
  EXPECT_EQ(first_layer_units({.units = avx512_bf16()}), nullptr);
  EXPECT_EQ(first_layer_units({.units = nullptr}), nullptr);
  EXPECT_EQ(first_layer_units({.first_layer = FirstLayer::fp32, .units = amx()}), nullptr);
  EXPECT_EQ(first_layer_units({.first_layer = FirstLayer::exact, .units = avx512_bf16()}),
            avx512_bf16());
  EXPECT_THROW(first_layer_units({.first_layer = FirstLayer::exact, .units = nullptr}), Error);
}

}  // namespace
}  // namespace kilat
