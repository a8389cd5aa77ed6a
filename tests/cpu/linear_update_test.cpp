// Cpu::linear_update: a layer's gradient and its update in one, held to Reference's ops.
#include <kilat/network.h>

#include "cpu/every_cpu.h"
#include "cpu/sparse_pixels.h"
#include "ops/optimizers.h"

namespace kilat {
namespace {

constexpr Normalisation kUnit = {0, 1.0F / 255}, kShifted = {32, 1.0F / 256};
constexpr std::size_t kBefore = 16;  // parameters of another layer before this one
// Everything that an update reads or writes, as blocks: the other layer, W, padding, b.
struct State {
  Values parameters;
  Blocks blocks;
  Cursor cursor;
};

struct UpdateCase {
  std::size_t rows, units, in;
  bool transposed;

  LinearShape shape() const { return linear_shapes(std::vector<std::size_t>{in, units})[0]; }
  std::size_t weight() const { return kBefore + shape().weight; }
  std::size_t bias() const { return kBefore + shape().bias; }
  std::size_t size() const { return bias() + units; }

  // The layer's tensors in such a block.
  template <class Real>
  Linear<Real> of(Real* block) const {
    return {{block + weight(), units, in, transposed}, {block + bias(), units}};
  }
};

// Zero between the layer's tensors.
Values random_block(const UpdateCase& c, unsigned seed) {
  Values values = random_values(c.size(), seed);
  for (std::size_t i = c.weight() + c.units * c.in; i < c.bias(); ++i) values[i] = 0;
  return values;
}

Blocks random_blocks(const UpdateCase& c, Rule rule, unsigned seed) {
  Blocks blocks = random_state(rule, c.size(), seed);
  for (Values& values : blocks) {
    for (std::size_t i = c.weight() + c.units * c.in; i < c.bias(); ++i) values[i] = 0;
  }
  return blocks;
}

template <class B>
State state_of(B& b, const typename B::template Buffer<typename B::Real>& parameters,
               const StateOn<B>& state, const typename B::template Buffer<Cursor>& cursor) {
  const auto w = values_of<typename B::Real>(b, parameters);
  return {{w.begin(), w.end()}, state.values(b), values_of<Cursor>(b, cursor)[0]};
}

constexpr float kRate = 0.1F;

// `x` is a batch of bytes or a matrix.
template <class Input>
State update_on(Cpu& b, Way way, const UpdateCase& c, const State& before, const Values& dz,
                Input& x, const Optimizer& optimizer, bool advance = false) {
  auto parameters = buffer_of(b, before.parameters);
  StateOn<Cpu> state(b, before.blocks);
  auto gradient = b.buffer<float>(c.size());
  auto cursor = b.buffer<Cursor>(1);
  cursor[0] = before.cursor;
  const auto steps = steps_of(b, kRate);
  const auto m = matrix_of(b, c.rows, c.units, dz);
  go(b, way, c.rows, [&] {
    b.linear_update({c.of(parameters.data()), state.pointers().from(c.weight()),
                     c.of(gradient.data()), c.weight()},
                    m, x, optimizer, steps, cursor);
    if (advance) b.advance(cursor, c.rows, 10 * c.rows);
  });
  return state_of(b, parameters, state, cursor);
}

// The other layer has no gradient here, and is taken out of it again.
template <class MakeGradient>
State update_on_reference(const UpdateCase& c, const State& before, const Values& dz,
                          const Optimizer& optimizer, const MakeGradient& make_gradient) {
  Reference b;
  auto parameters = buffer_of(b, before.parameters);
  StateOn<Reference> blocks(b, before.blocks);
  auto gradient = b.buffer<double>(c.size());
  auto cursor = b.buffer<Cursor>(1);
  cursor[0] = before.cursor;
  const auto m = matrix_of(b, c.rows, c.units, dz);
  make_gradient(b, c.of(gradient.data()).weight, m);
  b.column_sum(c.of(gradient.data()).bias, m, false);
  b.update(parameters, gradient, blocks.pointers(), optimizer, steps_of(b, kRate), cursor);
  State state = state_of(b, parameters, blocks, cursor);
  std::copy_n(before.parameters.begin(), kBefore, state.parameters.begin());
  for (std::size_t k = 0; k < before.blocks.size(); ++k) {
    std::copy_n(before.blocks[k].begin(), kBefore, state.blocks[k].begin());
  }
  return state;
}

// A gradient is at most of the size of 4 · rows, each of its terms rounded twice; then eight
// roundings of numbers up to that and ten.
void expect_same(const State& got, const State& wanted, const UpdateCase& c) {
  const double n = static_cast<double>(c.rows);
  const double tolerance = (n + 4) * kEps * 4 * std::sqrt(n) + 8 * kEps * (4 * n + 10);
  for (std::size_t k = 0; k < wanted.blocks.size(); ++k) {
    expect_close(got.blocks[k], wanted.blocks[k], tolerance, "state");
  }
  expect_close(got.parameters, wanted.parameters, tolerance, "parameters");
  EXPECT_EQ(got.cursor.fault, kNoFault);
}

void expect_agreement_for_pixels(const UpdateCase& c, const std::vector<std::uint8_t>& bytes,
                                 Normalisation normalisation = kUnit) {
  SCOPED_TRACE(shape_text(c.rows, c.units) + " x " + std::to_string(c.in) +
               (c.transposed ? " T" : ""));
  const Values dz = random_values(c.rows * c.units, 3);
  for (const Optimizer& optimizer : kOptimizers) {
    const State before{random_block(c, 1), random_blocks(c, optimizer.rule, 2), {1, 0, kNoFault}};
    const State wanted =
        update_on_reference(c, before, dz, optimizer, [&](Reference& b, auto gradient, auto& m) {
          auto batch = batch_of(b, bytes, c.rows, normalisation);
          b.input_gradient(gradient, m, batch.x, false);
        });
    for (const FirstLayerWay& first_layer : first_layer_ways()) {
      // The rule itself is the same code for all of them.
      if (first_layer.units != nullptr && &optimizer != &kOptimizers.back()) continue;
      SCOPED_TRACE(first_layer.name);
      for (const int threads : first_layer.threads) {
        Cpu b = first_layer.on(threads);
        for (const Way way : kWays) {
          auto batch = batch_of(b, bytes, c.rows, normalisation);
          expect_same(update_on(b, way, c, before, dz, batch.x, optimizer), wanted, c);
          if (testing::Test::HasFailure()) return;
        }
      }
    }
  }
}

TEST(LinearUpdateTest, AgreesWithReferenceForPixels) {
  for (const std::size_t units : {1, 10, 16, 17, 32, 33, 100}) {
    for (const std::size_t rows : {1, 7, 128}) {
      for (const bool transposed : {false, true}) {
        expect_agreement_for_pixels({rows, units, 50, transposed}, sparse_bytes(rows, 50, 1));
        if (HasFailure()) return;
      }
    }
  }
  expect_agreement_for_pixels({64, 800, 784, true}, sparse_bytes(64, 784, 2));
}

TEST(LinearUpdateTest, AgreesWithReferenceForPixelsWithAShift) {
  for (const std::size_t units : {10, 33}) {
    for (const std::size_t rows : {3, 40}) {
      expect_agreement_for_pixels({rows, units, 50, true}, sparse_bytes(rows, 50, 1), kShifted);
    }
  }
}

TEST(LinearUpdateTest, AgreesWithReferenceForPixelsThatAreDense) {
  expect_agreement_for_pixels({33, 20, 50, true}, random_bytes(33 * 50, 1));
}

TEST(LinearUpdateTest, AgreesWithReferenceForActivations) {
  for (const std::size_t units : {1, 10, 33, 100}) {
    for (const std::size_t rows : {1, 7, 128}) {
      const UpdateCase c{rows, units, 40, false};
      const Values dz = random_values(rows * units, 3), activations = random_values(rows * 40, 4);
      for (const Optimizer& optimizer : kOptimizers) {
        const State before{
            random_block(c, 1), random_blocks(c, optimizer.rule, 2), {1, 0, kNoFault}};
        const State wanted = update_on_reference(
            c, before, dz, optimizer, [&](Reference& b, auto gradient, auto& m) {
              const auto x = matrix_of(b, rows, 40, activations);
              b.gemm(gradient, transpose(m.view()), x.view(), false);
            });
        Cpu b(3);
        const auto x = matrix_of(b, rows, 40, activations);
        for (const Way way : kWays) {
          expect_same(update_on(b, way, c, before, dz, x, optimizer), wanted, c);
          if (HasFailure()) return;
        }
      }
    }
  }
}

// Sparse, dense and activations share nothing but the rule: each is asked.
template <class Check>
void on_every_input(const Check& check) {
  for (const int threads : {1, 3}) {
    for (const std::size_t units : {5, 16, 33, 100}) {
      const UpdateCase c{20, units, 60, true};
      for (const bool dense : {false, true}) {
        SCOPED_TRACE(testing::Message()
                     << (dense ? "dense" : "sparse") << ", " << units << " units on " << threads);
        Cpu b(threads);
        auto batch =
            batch_of(b, dense ? random_bytes(20 * 60, 1) : sparse_bytes(20, 60, 1), 20, kUnit);
        check(b, c, batch.x);
      }
      SCOPED_TRACE(testing::Message() << "activations, " << units << " units on " << threads);
      Cpu b(threads);
      const auto x = matrix_of(b, 20, 60, random_values(20 * 60, 1));
      check(b, UpdateCase{20, units, 60, false}, x);
    }
  }
}

TEST(LinearUpdateTest, DoesNothingWhileAFaultIsSet) {
  on_every_input([](Cpu& b, const UpdateCase& c, auto& x) {
    const State before{random_block(c, 1), random_blocks(c, Rule::momentum, 2), {1, 0, kLossFault}};
    const Values dz = random_values(c.rows * c.units, 3);
    const State got = update_on(b, Way::together, c, before, dz, x, kMomentum, true);
    EXPECT_EQ(got.parameters, before.parameters);
    EXPECT_EQ(got.blocks, before.blocks);
    EXPECT_EQ(got.cursor.fault, kLossFault);
    EXPECT_EQ(got.cursor.step, 1U);
  });
}

// Expects the parameters at `bad` to keep their values while all others move, and the first of
// them to be named.
void expect_kept(const State& got, const State& before, const UpdateCase& c,
                 const std::vector<std::size_t>& bad) {
  for (std::size_t i = kBefore; i < c.size(); ++i) {
    const bool is_padding = i >= c.weight() + c.units * c.in && i < c.bias();
    const bool kept = is_padding || std::find(bad.begin(), bad.end(), i) != bad.end();
    ASSERT_TRUE(std::isfinite(got.parameters[i])) << i;
    ASSERT_EQ(got.parameters[i] == before.parameters[i], kept) << i << ", bad " << bad[0];
  }
  EXPECT_EQ(got.cursor.fault, kParameterFault + bad[0]);
  EXPECT_EQ(got.cursor.step, before.cursor.step) << "a step with a fault counts";
}

// The velocities are what is not finite, so that it is one parameter alone.
TEST(LinearUpdateTest, AParameterThatWouldNotBeFiniteKeepsItsValueAndTheFirstIsNamed) {
  on_every_input([](Cpu& b, const UpdateCase& c, auto& x) {
    const std::size_t last_weight = c.weight() + c.units * c.in - 1;
    const std::vector<std::vector<std::size_t>> faults = {
        {c.weight()},
        {c.weight() + 3 * c.units + c.units - 1, c.weight() + 7 * c.units, last_weight},
        {last_weight, c.bias()},
        {c.bias()},
        {c.size() - 1}};
    for (const auto& bad : faults) {
      State before{random_block(c, 1), random_blocks(c, Rule::momentum, 2), {1, 0, kNoFault}};
      for (const std::size_t i : bad) before.blocks[0][i] = std::nan("");
      const Values dz = random_values(c.rows * c.units, 3);
      for (const Way way : {Way::together, Way::outside}) {
        expect_kept(update_on(b, way, c, before, dz, x, kMomentum, true), before, c, bad);
        if (testing::Test::HasFailure()) return;
      }
    }
  });
}

// One unit is lost, whatever its pixels are.
TEST(LinearUpdateTest, AGradientThatIsNotFiniteKeepsItsUnitsParameters) {
  on_every_input([](Cpu& b, const UpdateCase& c, auto& x) {
    const State before{random_block(c, 1), random_blocks(c, Rule::momentum, 2), {1, 0, kNoFault}};
    Values dz = random_values(c.rows * c.units, 3);
    const std::size_t unit = c.units - 1;
    dz[3 * c.units + unit] = std::numeric_limits<double>::infinity();
    const State got = update_on(b, Way::together, c, before, dz, x, kMomentum, true);
    std::vector<std::size_t> bad;
    for (std::size_t i = 0; i < c.in; ++i) {
      bad.push_back(c.weight() + (c.transposed ? i * c.units + unit : unit * c.in + i));
    }
    bad.push_back(c.bias() + unit);
    expect_kept(got, before, c, bad);
  });
}

// The fault of one step is not found again in the next.
TEST(LinearUpdateTest, AFaultIsNamedOnce) {
  Cpu b(2);
  const UpdateCase c{20, 33, 60, true};
  auto batch = batch_of(b, sparse_bytes(20, 60, 1), 20, kUnit);
  State before{random_block(c, 1), random_blocks(c, Rule::momentum, 2), {1, 0, kNoFault}};
  const Values dz = random_values(c.rows * c.units, 3);
  before.blocks[0][c.weight() + 5] = std::nan("");
  EXPECT_EQ(update_on(b, Way::together, c, before, dz, batch.x, kMomentum).cursor.fault, kNoFault)
      << "named before the step has ended";
  auto cursor = b.buffer<Cursor>(1);
  b.advance(cursor, 1, 10);
  EXPECT_EQ(cursor[0].fault, kParameterFault + c.weight() + 5);
  before.blocks[0][c.weight() + 5] = 0;
  const State got = update_on(b, Way::together, c, before, dz, batch.x, kMomentum, true);
  EXPECT_EQ(got.cursor.fault, kNoFault);
  EXPECT_EQ(got.cursor.step, 2U);
}

}  // namespace
}  // namespace kilat
