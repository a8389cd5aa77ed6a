// A layer of few outputs, whose products the members make themselves, and one of many, which oneDNN
// makes, held to Reference's ops.
#include "cpu/sparse_pixels.h"
#include "step/layer.h"

namespace kilat {
namespace {

struct SmallCase {
  std::size_t rows, inputs, outputs;
};

// Around the runs of 64 rows and inputs, the groups of 16, and the 64 outputs that are few.
const std::vector<SmallCase> kCases = {{1, 1, 1},     {2, 10, 10},  {33, 64, 10},   {64, 65, 16},
                                       {65, 130, 17}, {130, 16, 3}, {129, 200, 64}, {70, 100, 65}};

struct Loss {
  Values dz, loss;
  std::vector<std::uint8_t> hit;
};

template <class B, class Run>
Loss loss_on(B& b, const SmallCase& c, const Run& run) {
  using Real = typename B::Real;
  const auto x = matrix_of(b, c.rows, c.inputs, random_values(c.rows * c.inputs, 1));
  const auto weight = buffer_of(b, random_values(c.outputs * c.inputs, 2));
  const auto bias = buffer_of(b, random_values(c.outputs, 3));
  std::vector<std::uint8_t> labels = random_bytes(c.rows, 4, static_cast<unsigned>(c.outputs));
  const auto y = byte_buffer(b, labels);
  auto dz = matrix_of(b, c.rows, c.outputs, Values(c.rows * c.outputs, 7));
  auto loss = b.template buffer<Real>(c.rows);
  auto hit = b.template buffer<std::uint8_t>(c.rows);
  const Linear<const Real> layer{{weight.data(), c.outputs, c.inputs}, span_of(bias)};
  run([&] {
    linear_loss(b, dz, x, layer, span_of(y), 2 * c.rows, span_of(loss), span_of(hit));
    auto cursor = b.template buffer<Cursor>(1);
    b.check_loss(cursor, span_of(loss));
  });
  const auto losses = values_of<Real>(b, loss);
  return {values_of(b, dz), {losses.begin(), losses.end()}, values_of<std::uint8_t>(b, hit)};
}

template <class B, class Run>
Values backward_on(B& b, const SmallCase& c, const Activation& f, const Run& run) {
  using Real = typename B::Real;
  const auto dz = matrix_of(b, c.rows, c.outputs, random_values(c.rows * c.outputs, 1));
  const auto x = matrix_of(b, c.rows, c.inputs, random_values(c.rows * c.inputs, 2));
  const auto weight = buffer_of(b, random_values(c.outputs * c.inputs, 3));
  const auto bias = buffer_of(b, Values(c.outputs));
  auto dx = matrix_of(b, c.rows, c.inputs, Values(c.rows * c.inputs, 7));
  const Linear<const Real> layer{{weight.data(), c.outputs, c.inputs}, span_of(bias)};
  run([&] { linear_backward(b, dx, dz, x, layer, f); });
  return values_of(b, dx);
}

// On one to three threads in every way.
template <class F>
void on_every_cpu(const SmallCase& c, const F& f) {
  for (const int threads : {1, 2, 3}) {
    Cpu cpu(threads);
    for (const Way way : kWays) {
      SCOPED_TRACE(testing::Message() << c.rows << " rows, " << c.inputs << " inputs, " << c.outputs
                                      << " outputs on " << threads << " " << text_of(way));
      f(cpu, [&](const auto& op) { go(cpu, way, c.rows, op); });
      if (testing::Test::HasFailure()) return;
    }
  }
}

double tolerance(std::size_t terms) {
  const auto n = static_cast<double>(terms);
  return (n + 8) * kEps * 4 * std::sqrt(n);
}

TEST(SmallLayerTest, ALossIsThatOfReference) {
  for (const SmallCase& c : kCases) {
    Reference reference;
    const Loss wanted = loss_on(reference, c, [](const auto& op) { op(); });
    on_every_cpu(c, [&](Cpu& cpu, const auto& run) {
      const Loss got = loss_on(cpu, c, run);
      expect_close(got.dz, wanted.dz, tolerance(c.inputs), "dz");
      expect_close(got.loss, wanted.loss, 4 * tolerance(c.inputs), "loss");
      EXPECT_EQ(got.hit, wanted.hit);
    });
  }
}

TEST(SmallLayerTest, AGradientIsThatOfReference) {
  for (const SmallCase& c : kCases) {
    for (const Activation& f : kActivations) {
      Reference reference;
      const Values wanted = backward_on(reference, c, f, [](const auto& op) { op(); });
      on_every_cpu(c, [&](Cpu& cpu, const auto& run) {
        expect_close(backward_on(cpu, c, f, run), wanted, tolerance(c.outputs), "dx");
      });
    }
  }
}

TEST(SmallLayerTest, ALossHasTheSameBitsOnAnyNumberOfThreads) {
  const SmallCase c{65, 130, 10};
  Cpu one(1), three(3);
  const Loss wanted = loss_on(one, c, [](const auto& op) { op(); });
  const Loss got = loss_on(three, c, [&](const auto& op) { go(three, Way::together, 65, op); });
  EXPECT_EQ(got.dz, wanted.dz);
  EXPECT_EQ(got.loss, wanted.loss);
}

}  // namespace
}  // namespace kilat
