// The first layer's products where its weights lie in blocks of units: pixels that are zero are
// left out, all are multiplied, or bytes on bf16 units. Whole numbers make them exact, so that
// nothing is lost in a tolerance.
#include "cpu/every_cpu.h"
#include "cpu/sparse_pixels.h"
#include "ops/first_weight.h"
#include "step/layer.h"

namespace kilat {
namespace {

struct LayerCase {
  std::size_t rows, units, features;
  Normalisation normalisation = kHalf;
};

std::vector<LayerCase> layer_cases() {
  std::vector<LayerCase> list;
  for (const std::size_t units : {1, 10, 16, 17, 32, 33, 100, 300}) {
    for (const std::size_t rows : {1, 2, 33, 128}) list.push_back({rows, units, 50});
    list.push_back({300, units, 17});
    list.push_back({60, units, 784});
    list.push_back({40, units, 65, {32, 0.5F}});
  }
  return list;
}

// On one to three threads, in every way, with either first layer: the batch is loaded, then
// f(cpu, x, way) goes.
template <class F>
void on_every_cpu(const std::vector<std::uint8_t>& bytes, const LayerCase& c, const F& f) {
  for (const FirstLayerWay& first_layer : first_layer_ways()) {
    for (const int threads : first_layer.threads) {
      Cpu cpu = first_layer.on(threads);
      for (const Way way : kWays) {
        SCOPED_TRACE(testing::Message()
                     << first_layer.name << ", " << shape_text(c.rows, c.units) << " x "
                     << c.features << ", shift " << c.normalisation.shift << " on " << threads
                     << " " << text_of(way));
        auto batch = batch_of(cpu, bytes, c.rows, c.normalisation);
        f(cpu, batch.x, way);
        if (testing::Test::HasFailure()) return;
      }
    }
  }
}

Values reference_product(const std::vector<std::uint8_t>& bytes, const LayerCase& c,
                         const Values& weight) {
  Reference b;
  auto batch = batch_of(b, bytes, c.rows, c.normalisation);
  const FirstWeight w(b, weight, c.units);
  auto z = b.matrix(c.rows, c.units);
  b.input_gemm(z, batch.x, w.view());
  return values_of(b, z);
}

TEST(FirstLayerTest, AProductIsThatOfReference) {
  for (const LayerCase& c : layer_cases()) {
    const auto bytes = sparse_bytes(c.rows, c.features, 1);
    const Values weight = whole_values(c.features * c.units, 2);
    const Values wanted = reference_product(bytes, c, weight);
    on_every_cpu(bytes, c, [&](Cpu& b, Cpu::Pixels& x, Way way) {
      const FirstWeight w(b, weight, c.units);
      auto z = matrix_of(b, c.rows, c.units, Values(c.rows * c.units, 7));
      go(b, way, c.rows, [&] { b.input_gemm(z, x, w.view()); });
      ASSERT_EQ(values_of(b, z), wanted);
    });
    if (HasFailure()) return;
  }
}

TEST(FirstLayerTest, ALayerIsThatOfReference) {
  for (const LayerCase& c : layer_cases()) {
    const auto bytes = sparse_bytes(c.rows, c.features, 3);
    const Values weight = whole_values(c.features * c.units, 4);
    const Values bias = whole_values(c.units, 5);
    const Values product = reference_product(bytes, c, weight);
    Values relu(product.size()), leaky(product.size());
    for (std::size_t i = 0; i < product.size(); ++i) {
      const double z = product[i] + bias[i % c.units];
      relu[i] = std::max(0.0, z);
      leaky[i] = z > 0 ? z : z / 4;  // exact
    }
    on_every_cpu(bytes, c, [&](Cpu& b, Cpu::Pixels& x, Way way) {
      const FirstWeight w(b, weight, c.units);
      const auto bias_buffer = buffer_of(b, bias);
      const Linear<const float> layer{w.view(), span_of(bias_buffer)};
      auto a = matrix_of(b, c.rows, c.units, Values(c.rows * c.units, 7));
      go(b, way, c.rows, [&] { linear_activation(b, a, x, layer, {}); });
      ASSERT_EQ(values_of(b, a), relu);
      const Activation f{ActivationKind::leaky_relu, 0.25F};
      go(b, way, c.rows, [&] { linear_activation(b, a, x, layer, f); });
      ASSERT_EQ(values_of(b, a), leaky);
    });
    if (HasFailure()) return;
  }
}

TEST(FirstLayerTest, AGradientIsThatOfReferenceAndAccumulates) {
  for (const LayerCase& c : layer_cases()) {
    const auto bytes = sparse_bytes(c.rows, c.features, 6);
    const Values dz = whole_values(c.rows * c.units, 7);
    const Values before = whole_values(c.features * c.units, 8);
    const auto gradient_on = [&](auto& b, auto& x, Way way, bool accumulate, const auto& run) {
      FirstWeight gradient(b, before, c.units);
      const auto m = matrix_of(b, c.rows, c.units, dz);
      run(b, way, [&] { b.input_gradient(gradient.view(), m, x, accumulate); });
      return gradient.values(b);
    };
    for (const bool accumulate : {false, true}) {
      Reference reference;
      auto batch = batch_of(reference, bytes, c.rows, c.normalisation);
      const Values wanted = gradient_on(reference, batch.x, Way::outside, accumulate,
                                        [](auto&, Way, const auto& f) { f(); });
      on_every_cpu(bytes, c, [&](Cpu& b, Cpu::Pixels& x, Way way) {
        const auto run = [&](Cpu& cpu, Way w, const auto& f) { go(cpu, w, c.rows, f); };
        ASSERT_EQ(gradient_on(b, x, way, accumulate, run), wanted);
      });
      if (HasFailure()) return;
    }
  }
}

// Bytes enough that the products are dense, though the weights are stored transposed.
TEST(FirstLayerTest, ADenseBatchGivesTheSame) {
  for (const std::size_t units : {1, 10, 33}) {
    const LayerCase c{70, units, 130};
    const auto bytes = random_bytes(c.rows * c.features, 1);
    const Values weight = whole_values(c.features * units, 2), bias = whole_values(units, 3);
    Values wanted = reference_product(bytes, c, weight);
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      wanted[i] = std::max(0.0, wanted[i] + bias[i % units]);
    }
    on_every_cpu(bytes, c, [&](Cpu& b, Cpu::Pixels& x, Way way) {
      const FirstWeight w(b, weight, units);
      const auto bias_buffer = buffer_of(b, bias);
      const Linear<const float> layer{w.view(), span_of(bias_buffer)};
      auto a = b.matrix(c.rows, units);
      go(b, way, c.rows, [&] { linear_activation(b, a, x, layer, {}); });
      ASSERT_EQ(values_of(b, a), wanted);
    });
  }
}

// As a workspace is used: batches of other sizes before, the gather a part of the run.
void use_a_workspace(Cpu& b) {
  constexpr std::size_t kFeatures = 60, kUnits = 40, kRows = 200;
  auto x = b.pixels(kRows, kFeatures, kHalf);
  auto z = b.matrix(kRows, kUnits);
  const auto pixels = sparse_bytes(kRows, kFeatures, 1);
  const auto images = b.images(pixels, kFeatures);
  auto y = b.buffer<std::uint8_t>(kRows);
  const auto labels = b.buffer<std::uint8_t>(kRows);
  auto order = b.buffer<std::uint32_t>(kRows);
  for (std::uint32_t i = 0; i < kRows; ++i) order[i] = (i * 77 + 5) % kRows;
  const auto cursor = b.buffer<Cursor>(1);
  const Values dz = whole_values(kRows * kUnits, 2), weight = whole_values(kFeatures * kUnits, 3);
  const FirstWeight w(b, weight, kUnits);
  FirstWeight gradient(b, Values(kFeatures * kUnits), kUnits);
  for (const std::size_t rows : {128, 3, 200, 1, 199}) {
    const Values part(dz.begin(), dz.begin() + static_cast<std::ptrdiff_t>(rows * kUnits));
    const auto m = matrix_of(b, rows, kUnits, part);
    b.replay(rows, 1, [&] {
      b.gather(x, span_of(y), images, span_of(labels), order, cursor, {0, rows, 0, false});
      b.input_gemm(z, x, w.view());
      b.input_gradient(gradient.view(), m, x, false);
    });
    std::vector<std::uint8_t> bytes;
    for (std::size_t i = 0; i < rows; ++i) {
      const auto* from = pixels.data() + order[i] * kFeatures;
      bytes.insert(bytes.end(), from, from + kFeatures);
    }
    EXPECT_EQ(values_of(b, z), reference_product(bytes, {rows, kUnits, kFeatures}, weight));
    Reference reference;
    auto batch = batch_of(reference, bytes, rows, kHalf);
    auto wanted = reference.buffer<double>(kFeatures * kUnits);
    reference.input_gradient({wanted.data(), kUnits, kFeatures, true},
                             matrix_of(reference, rows, kUnits, part), batch.x, false);
    ASSERT_EQ(gradient.values(b), Values(wanted.begin(), wanted.end()));
  }
}

TEST(FirstLayerTest, EachBatchOfAWorkspaceIsItsOwn) {
  for (const FirstLayerWay& first_layer : first_layer_ways()) {
    SCOPED_TRACE(first_layer.name);
    Cpu b = first_layer.on(3);
    use_a_workspace(b);
  }
}

const std::vector<double> kNotFinite = {std::nan(""), std::numeric_limits<double>::infinity(),
                                        -std::numeric_limits<double>::infinity()};

// 0 · ∞ is NaN in a dense product, whose unit is lost for every feature.
TEST(FirstLayerTest, AGradientThatIsNotFiniteShowsThoughItsPixelsAreZero) {
  for (const std::size_t units : {1, 16, 20, 33}) {
    for (const double bad : kNotFinite) {
      const LayerCase c{9, units, 20};
      std::vector<std::uint8_t> bytes = sparse_bytes(c.rows, c.features, 1);
      std::fill_n(bytes.begin() + 4 * 20, 20, std::uint8_t{0});
      Values dz = whole_values(c.rows * units, 2);
      const std::size_t unit = units / 2;
      dz[4 * units + unit] = bad;
      on_every_cpu(bytes, c, [&](Cpu& b, Cpu::Pixels& x, Way way) {
        const auto m = matrix_of(b, c.rows, units, dz);
        FirstWeight gradient(b, Values(c.features * units), units);
        go(b, way, c.rows, [&] { b.input_gradient(gradient.view(), m, x, false); });
        const Values values = gradient.values(b);
        for (std::size_t i = 0; i < values.size(); ++i) {
          ASSERT_EQ(std::isnan(values[i]), i % units == unit) << bad << " " << i;
        }
      });
    }
  }
}

// Sums beyond float's range, of finite numbers: max(0, −∞) is 0.
TEST(FirstLayerTest, ALayersSumThatOverflowsIsCutAsAnyOther) {
  for (const std::size_t units : {1, 16, 20, 32}) {
    const LayerCase c{5, units, 20};
    std::vector<std::uint8_t> bytes(c.rows * c.features);
    bytes[2 * c.features + 7] = 200;
    Values weight(c.features * units, static_cast<float>(-1e38));
    on_every_cpu(bytes, c, [&](Cpu& b, Cpu::Pixels& x, Way way) {
      const FirstWeight w(b, weight, units);
      const auto bias = buffer_of(b, Values(units, 1));
      const Linear<const float> layer{w.view(), span_of(bias)};
      auto a = b.matrix(c.rows, units);
      go(b, way, c.rows, [&] { linear_activation(b, a, x, layer, {}); });
      Values wanted(c.rows * units, 1);
      std::fill_n(wanted.begin() + static_cast<std::ptrdiff_t>(2 * units), units, 0);
      ASSERT_EQ(values_of(b, a), wanted);
    });
  }
}

}  // namespace
}  // namespace kilat
