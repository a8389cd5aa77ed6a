// Cpu::linear_update: a layer's gradient and its update in one, held to Reference's ops.
#include <algorithm>
#include <utility>

#include <kilat/network.h>

#include "cpu/every_cpu.h"
#include "cpu/sparse_pixels.h"
#include "ops/optimizers.h"
#include "step/parameter_layout.h"

namespace kilat {
namespace {

constexpr Normalisation kUnit = {0, 1.0F / 255}, kShifted = {32, 1.0F / 256};
constexpr std::size_t kBefore = 16;  // parameters of another layer before this one
// Everything that an update reads or writes, as blocks in the order of files: the other layer, W,
// padding, b.
struct State {
  Values parameters;
  Blocks blocks;
  Cursor cursor;
};

struct UpdateCase {
  std::size_t rows, units, in;
  bool moved;  // as a first layer's parameters are

  LinearShape shape() const { return linear_shapes(std::vector<std::size_t>{in, units})[0]; }
  std::size_t weight() const { return kBefore + shape().weight; }
  std::size_t bias() const { return kBefore + shape().bias; }
  std::size_t size() const { return kBefore + parameter_block_size(std::vector{shape()}); }
  bool is_padding(std::size_t i) const {
    return (i >= weight() + units * in && i < bias()) || i >= bias() + units;
  }
};

// Where the numbers of such blocks lie on a device, and the layer's tensors there.
struct Place {
  const UpdateCase& c;
  ParameterLayout layout;

  template <class B>
  Place(const B& b, const UpdateCase& of)
      : c(of), layout({of.shape()}, of.moved ? b.unit_blocks(of.units) : UnitBlocks()) {}

  std::size_t size() const { return kBefore + layout.size(); }
  Values there(const Values& values) const {
    Values moved(size());
    std::copy_n(values.begin(), kBefore, moved.begin());
    layout.for_each([&](std::size_t file, std::size_t device) {
      moved[kBefore + device] = values[kBefore + file];
    });
    return moved;
  }
  // Expects what is between the layer's numbers to be zero.
  Values back(Values moved) const {
    Values values(c.size());
    std::copy_n(moved.begin(), kBefore, values.begin());
    std::fill_n(moved.begin(), kBefore, 0);
    layout.for_each([&](std::size_t file, std::size_t device) {
      values[kBefore + file] = std::exchange(moved[kBefore + device], 0);
    });
    EXPECT_EQ(moved, Values(size()));
    return values;
  }
  Cursor back(Cursor cursor) const {
    if (cursor.fault < kParameterFault) return cursor;
    const std::size_t index = cursor.fault - kParameterFault;
    cursor.fault = kParameterFault + kBefore + layout.in_file(index - kBefore);
    return cursor;
  }
  template <class Real>
  Linear<Real> of(Real* block) const {
    const LinearShape& shape = layout.layers()[0];
    Real* first = block + kBefore;
    return {{first + shape.weight, c.units, c.in, layout.moves()}, {first + shape.bias, c.units}};
  }
};

// Zero between the layer's tensors.
Values random_block(const UpdateCase& c, unsigned seed) {
  Values values = random_values(c.size(), seed);
  for (std::size_t i = kBefore; i < c.size(); ++i) {
    if (c.is_padding(i)) values[i] = 0;
  }
  return values;
}

Blocks random_blocks(const UpdateCase& c, Rule rule, unsigned seed) {
  Blocks blocks = random_state(rule, c.size(), seed);
  for (Values& values : blocks) {
    for (std::size_t i = kBefore; i < c.size(); ++i) {
      if (c.is_padding(i)) values[i] = 0;
    }
  }
  return blocks;
}

template <class B>
State state_of(B& b, const Place& place,
               const typename B::template Buffer<typename B::Real>& parameters,
               const StateOn<B>& state, const typename B::template Buffer<Cursor>& cursor) {
  const auto w = values_of<typename B::Real>(b, parameters);
  State got{place.back(Values(w.begin(), w.end())), state.values(b),
            place.back(values_of<Cursor>(b, cursor)[0])};
  for (Values& values : got.blocks) values = place.back(values);
  return got;
}

// `before` where the device has it.
State moved(const Place& place, State before) {
  before.parameters = place.there(before.parameters);
  for (Values& values : before.blocks) values = place.there(values);
  return before;
}

constexpr float kRate = 0.1F;

// `x` is a batch of bytes or a matrix.
template <class Input>
State update_on(Cpu& b, Way way, const UpdateCase& c, const State& before, const Values& dz,
                Input& x, const Optimizer& optimizer, bool advance = false) {
  const Place place(b, c);
  const State there = moved(place, before);
  auto parameters = buffer_of(b, there.parameters);
  StateOn<Cpu> state(b, there.blocks);
  auto gradient = b.buffer<float>(place.size());
  auto cursor = b.buffer<Cursor>(1);
  cursor[0] = before.cursor;
  const auto steps = steps_of(b, kRate);
  const auto m = matrix_of(b, c.rows, c.units, dz);
  go(b, way, c.rows, [&] {
    b.linear_update({place.of(parameters.data()), state.pointers().from(c.weight()),
                     place.of(gradient.data()), c.weight()},
                    m, x, optimizer, steps, cursor);
    if (advance) b.advance(cursor, c.rows, 10 * c.rows);
  });
  return state_of(b, place, parameters, state, cursor);
}

// The other layer has no gradient here, and is taken out of it again.
template <class MakeGradient>
State update_on_reference(const UpdateCase& c, const State& before, const Values& dz,
                          const Optimizer& optimizer, const MakeGradient& make_gradient) {
  Reference b;
  const Place place(b, c);
  auto parameters = buffer_of(b, before.parameters);
  StateOn<Reference> blocks(b, before.blocks);
  auto gradient = b.buffer<double>(c.size());
  auto cursor = b.buffer<Cursor>(1);
  cursor[0] = before.cursor;
  const auto m = matrix_of(b, c.rows, c.units, dz);
  make_gradient(b, place.of(gradient.data()).weight, m);
  b.column_sum(place.of(gradient.data()).bias, m, false);
  b.update(parameters, gradient, blocks.pointers(), optimizer, steps_of(b, kRate), cursor);
  State state = state_of(b, place, parameters, blocks, cursor);
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
               (c.moved ? " in blocks" : ""));
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
      for (const bool moved : {false, true}) {
        expect_agreement_for_pixels({rows, units, 50, moved}, sparse_bytes(rows, 50, 1));
        if (HasFailure()) return;
      }
    }
  }
  expect_agreement_for_pixels({64, 300, 784, true}, sparse_bytes(64, 784, 2));
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
  for (const std::size_t units : {1, 10, 33, 64, 65, 100}) {
    for (const auto& [rows, in] :
         {std::pair<std::size_t, std::size_t>{1, 40}, {7, 150}, {128, 40}}) {
      const UpdateCase c{rows, units, in, false};
      const Values dz = random_values(rows * units, 3), activations = random_values(rows * in, 4);
      for (const Optimizer& optimizer : kOptimizers) {
        const State before{
            random_block(c, 1), random_blocks(c, optimizer.rule, 2), {1, 0, kNoFault}};
        const State wanted =
            update_on_reference(c, before, dz, optimizer,
                                [&, rows = rows, in = in](Reference& b, auto gradient, auto& m) {
                                  const auto x = matrix_of(b, rows, in, activations);
                                  b.gemm(gradient, transpose(m.view()), x.view(), false);
                                });
        Cpu b(3);
        const auto x = matrix_of(b, rows, in, activations);
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
// them, where the device has them, to be named.
void expect_kept(const Cpu& b, const State& got, const State& before, const UpdateCase& c,
                 const std::vector<std::size_t>& bad) {
  const auto is_bad = [&](std::size_t i) { return std::ranges::find(bad, i) != bad.end(); };
  for (std::size_t i = kBefore; i < c.size(); ++i) {
    ASSERT_TRUE(std::isfinite(got.parameters[i])) << i;
    ASSERT_EQ(got.parameters[i] == before.parameters[i], c.is_padding(i) || is_bad(i))
        << i << ", bad " << bad[0];
  }
  std::size_t first = c.size(), first_there = SIZE_MAX;
  Place(b, c).layout.for_each([&](std::size_t file, std::size_t device) {
    if (!is_bad(kBefore + file) || device >= first_there) return;
    first = kBefore + file;
    first_there = device;
  });
  EXPECT_EQ(got.cursor.fault, kParameterFault + first);
  EXPECT_EQ(got.cursor.step, before.cursor.step) << "a step with a fault counts";
}

// The velocities are what is not finite, so that it is one parameter alone.
TEST(LinearUpdateTest, AParameterThatWouldNotBeFiniteKeepsItsValueAndTheFirstIsNamed) {
  on_every_input([](Cpu& b, const UpdateCase& c, auto& x) {
    const std::size_t last_weight = c.weight() + c.units * c.in - 1;
    const std::vector<std::vector<std::size_t>> faults = {
        {c.weight()},
        {c.weight() + c.in - 1, c.weight() + (c.units - 1) * c.in + 7, last_weight},
        {last_weight, c.bias()},
        {c.bias()},
        {c.bias() + c.units - 1}};
    for (const auto& bad : faults) {
      State before{random_block(c, 1), random_blocks(c, Rule::momentum, 2), {1, 0, kNoFault}};
      for (const std::size_t i : bad) before.blocks[0][i] = std::nan("");
      const Values dz = random_values(c.rows * c.units, 3);
      for (const Way way : {Way::together, Way::outside}) {
        expect_kept(b, update_on(b, way, c, before, dz, x, kMomentum, true), before, c, bad);
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
      bad.push_back(c.weight() + unit * c.in + i);
    }
    bad.push_back(c.bias() + unit);
    expect_kept(b, got, before, c, bad);
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
  EXPECT_EQ(Place(b, c).back(cursor[0]).fault, kParameterFault + c.weight() + 5);
  before.blocks[0][c.weight() + 5] = 0;
  const State got = update_on(b, Way::together, c, before, dz, batch.x, kMomentum, true);
  EXPECT_EQ(got.cursor.fault, kNoFault);
  EXPECT_EQ(got.cursor.step, 2U);
}

}  // namespace
}  // namespace kilat
