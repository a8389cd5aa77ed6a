#include "ops/op_test.h"
#include "ops/optimizers.h"
#include "step/layer.h"

namespace kilat {
namespace {

struct State {
  Values parameters;
  Blocks blocks;
  Cursor cursor;
};

template <class T>
class UpdateTest : public OpTest<T> {
 protected:
  template <class Backend>
  State run(Backend& b, const State& before, const Values& gradient, const Optimizer& optimizer,
            float rate) {
    auto parameters = buffer_of(b, before.parameters);
    StateOn<Backend> state(b, before.blocks);
    auto cursor = b.template buffer<Cursor>(1);
    b.upload(std::span(&before.cursor, 1), cursor);
    b.update(parameters, buffer_of(b, gradient), state.pointers(), optimizer, steps_of(b, rate),
             cursor);
    const auto w = values_of<typename Backend::Real>(b, parameters);
    return {{w.begin(), w.end()}, state.values(b), values_of<Cursor>(b, cursor)[0]};
  }
};
TYPED_TEST_SUITE(UpdateTest, Backends);

TYPED_TEST(UpdateTest, AgreesWithReferenceForEveryRule) {
  for (const std::size_t size : {1, 15, 16, 17, 1000, 70000}) {
    for (const Optimizer& optimizer : kOptimizers) {
      const State before{random_values(size, 1), random_state(optimizer.rule, size, 2), {1, 0, 0}};
      const Values gradient = random_values(size, 3);
      const State got = this->run(this->device, before, gradient, optimizer, 0.1F);
      const State wanted = this->run(this->reference, before, gradient, optimizer, 0.1F);
      // At most eight roundings of numbers up to ten.
      for (std::size_t k = 0; k < wanted.blocks.size(); ++k) {
        expect_close(got.blocks[k], wanted.blocks[k], 8 * kEps * 10, state_name(optimizer.rule, k));
      }
      expect_close(got.parameters, wanted.parameters, 8 * kEps * 10, "parameters");
      EXPECT_EQ(got.cursor.fault, kNoFault);
      if (this->HasFailure()) return;
    }
  }
}

TYPED_TEST(UpdateTest, DoesNothingWhileAFaultIsSet) {
  const State before{random_values(50, 1), random_state(Rule::momentum, 50, 2), {1, 0, kLossFault}};
  const State got = this->run(this->device, before, random_values(50, 3), kMomentum, 0.1F);
  EXPECT_EQ(got.parameters, before.parameters);
  EXPECT_EQ(got.blocks, before.blocks);
  EXPECT_EQ(got.cursor.fault, kLossFault);
}

TYPED_TEST(UpdateTest, AParameterThatWouldNotBeFiniteKeepsItsValueAndTheFirstIsNamed) {
  for (const double bad : {std::nan(""), std::numeric_limits<double>::infinity(), 3e38}) {
    for (const std::size_t first : {3, 41000, 69999}) {
      const State before{random_values(70000, 1), {}, {1, 0, kNoFault}};
      Values gradient = random_values(70000, 3);
      gradient[first] = gradient[69999] = bad;
      const State got = this->run(this->device, before, gradient, kPlain, 100);
      EXPECT_EQ(got.cursor.fault, kParameterFault + first);
      EXPECT_EQ(got.parameters[first], before.parameters[first]);
      EXPECT_EQ(got.parameters[69999], before.parameters[69999]);
      EXPECT_NE(got.parameters[5], before.parameters[5]);
    }
  }
}

// The form that a step ends with, which a backend may make of one pass.
TYPED_TEST(UpdateTest, AStepsEndMovesTheCursorOnUnlessThereIsAFault) {
  for (const std::size_t size : {5, 70000}) {
    const auto end_step = [&](auto& b, Cursor at, double bad) {
      using Backend = std::remove_reference_t<decltype(b)>;
      Values gradient = random_values(size, 3);
      gradient[4] = bad;
      auto parameters = buffer_of(b, Values(size));
      StateOn<Backend> state(b, {Values(size)});
      auto cursor = b.template buffer<Cursor>(1);
      b.upload(std::span(&at, 1), cursor);
      update_and_advance(b, parameters, buffer_of(b, gradient), state.pointers(), kMomentum,
                         steps_of(b, 0.5F), cursor, 30, 100);
      return std::pair(values_of<Cursor>(b, cursor)[0],
                       values_of<typename Backend::Real>(b, parameters)[0]);
    };
    const auto [middle, moved] = end_step(this->device, {1, 60, kNoFault}, 1);
    EXPECT_EQ(middle.step, 2U);
    EXPECT_EQ(middle.position, 90U);
    EXPECT_NEAR(moved, end_step(this->reference, {1, 60, kNoFault}, 1).second, 1e-6);
    EXPECT_EQ(end_step(this->device, {1, 70, kNoFault}, 1).first.position, 0U);
    for (const auto& [fault, bad] : {std::pair(kNoFault, std::nan("")), {kLossFault, 1.0}}) {
      const Cursor stays = end_step(this->device, {1, 60, fault}, bad).first;
      EXPECT_EQ(stays.step, 1U);
      EXPECT_EQ(stays.position, 60U);
      EXPECT_EQ(stays.fault, fault == kNoFault ? kParameterFault + 4 : fault);
    }
  }
}

// So few that one block of CUDA's threads has them all.
TYPED_TEST(UpdateTest, NamesTheFirstFaultOfFewParametersHoweverOftenItIsAsked) {
  for (std::size_t first = 0; first < 1000; first += 90) {
    const State before{random_values(1000, 1), {}, {1, 0, kNoFault}};
    Values gradient = random_values(1000, 3);
    gradient[first] = gradient[999] = std::nan("");
    const State got = this->run(this->device, before, gradient, kPlain, 0.1F);
    EXPECT_EQ(got.cursor.fault, kParameterFault + first);
  }
}

TYPED_TEST(UpdateTest, NamesAFaultInTheLastOfManyParameters) {
  constexpr std::size_t kSize = (std::size_t{1} << 20) + 5;
  const State before{Values(kSize, 1), {}, {1, 0, kNoFault}};
  Values gradient(kSize);
  gradient.back() = std::nan("");
  const State got = this->run(this->device, before, gradient, kPlain, 0.1F);
  EXPECT_EQ(got.cursor.fault, kParameterFault + kSize - 1);
  EXPECT_EQ(got.parameters, before.parameters);
}

}  // namespace
}  // namespace kilat
