// A correct session passes, whatever the recipe; a session with any small mistake does not.
#include "verify/lockstep.h"

#include <bit>
#include <cmath>
#include <functional>
#include <memory>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "step/optimizer.h"
#include "support/expect_error.h"
#include "support/idx_files.h"

namespace kilat {
namespace {

// A session that goes wrong as the test wants it.
class Faulty final : public Trainer {
 public:
  using Alter = std::function<void(TrainerState&)>;

  explicit Faulty(std::unique_ptr<Trainer> trainer) : trainer_(std::move(trainer)) {}

  Alter before = [](TrainerState&) {};  // what each step begins with
  Alter after = [](TrainerState&) {};   // what each step ends with
  std::function<void(Score&)> scored = [](Score&) {};

  void seek(std::size_t iteration) override { trainer_->seek(iteration); }
  using Trainer::steps;
  void steps(std::size_t n, Then then) override { trainer_->steps(n, then); }
  PhaseSeconds profile(std::size_t n) override { return trainer_->profile(n); }
  Cursor cursor() override { return trainer_->cursor(); }
  Score evaluate(std::size_t which, std::vector<double>* dead) override {
    Score score = trainer_->evaluate(which, dead);
    scored(score);
    return score;
  }
  NonFinite find_non_finite() override { return trainer_->find_non_finite(); }
  double largest_logit(std::size_t rows) override { return trainer_->largest_logit(rows); }
  TrainerState state() override {
    TrainerState state = trainer_->state();
    after(state);
    return state;
  }
  void set_state(const TrainerState& state) override {
    TrainerState altered = state;
    before(altered);
    trainer_->set_state(altered);
  }

 private:
  std::unique_ptr<Trainer> trainer_;
};

Recipe tiny_recipe() {
  Recipe r;
  r.hidden = {12};
  r.batch = 16;
  r.seed = 3;
  return r;
}

// Images of 20 pixels in four classes.
Dataset images(std::size_t count, unsigned seed) { return make_dataset(count, {20}, 4, 0, seed); }

Workload make_workload(const Recipe& recipe, Dataset train) {
  Workload work{recipe, {std::move(train), {}, images(80, 9)}, {}};
  work.network = initial_network(recipe, work.data.train);
  return work;
}

// Steps that go beyond the first epoch, the short last batch included.
constexpr std::size_t kSteps = 20;

LockstepResult check(const Workload& work, Faulty& tested, Rounding rounding = {}) {
  const auto truth = make_session(work, choose_device("reference"), kSteps, {&work.data.test});
  return run_in_lockstep({tested, *truth, true, rounding}, work, work.data.test, kSteps);
}

Faulty cpu_session(const Workload& work, int threads = 1) {
  return Faulty(make_session(work, choose_device("cpu", threads), kSteps, {&work.data.test}));
}

Recipe momentum_recipe() {
  Recipe r = tiny_recipe();
  r.hidden = {30, 20};
  r.momentum = 0.9F;
  r.nesterov = true;
  r.weight_decay = 0.001F;
  return r;
}

void expect_within(const Recipe& recipe, std::size_t samples, int threads) {
  for (unsigned seed = 1; seed <= 3; ++seed) {
    const Workload work = make_workload(recipe, images(samples, seed));
    Faulty tested = cpu_session(work, threads);
    const LockstepResult result = check(work, tested);
    EXPECT_TRUE(result.within()) << (result.first_out ? result.first_out->tensor : "evaluation");
    EXPECT_EQ(result.steps, kSteps);
    const std::size_t blocks = 1 + state_blocks(optimizer_of(recipe).rule);
    EXPECT_EQ(result.tensors.size(), 2 * (recipe.hidden.size() + 1) * blocks);
    EXPECT_EQ(result.evaluation.samples, 80U);
  }
}

// Images of 4 x 5 pixels.
void expect_shifted_within(std::size_t batch) {
  Recipe recipe = tiny_recipe();
  recipe.batch = batch;
  recipe.augmentation = {1};
  Dataset train = images(70, 1);
  train.shape = {4, 5};
  const Workload work = make_workload(recipe, std::move(train));
  Faulty tested = cpu_session(work);
  const LockstepResult result = check(work, tested);
  EXPECT_TRUE(result.within()) << (result.first_out ? result.first_out->tensor : "evaluation");
}

TEST(LockstepTest, ShiftedImagesAreThoseOfTheEpoch) {
  expect_shifted_within(16);
  expect_shifted_within(0);
}

Recipe leaky_recipe(float slope) {
  Recipe r = momentum_recipe();
  r.activation = ActivationKind::leaky_relu;
  r.negative_slope = slope;
  return r;
}

TEST(LockstepTest, TheCpuIsWithinToleranceOfTheReference) {
  expect_within(tiny_recipe(), 200, 1);
  expect_within(momentum_recipe(), 200, 2);
  expect_within(leaky_recipe(0.01F), 200, 2);
  expect_within(leaky_recipe(0.5F), 200, 1);
}

Recipe adam_recipe() {
  Recipe r = tiny_recipe();
  r.hidden = {30, 20};
  r.optimizer = OptimizerKind::adam;
  r.learning_rate = 0.01F;
  return r;
}

TEST(LockstepTest, SoItIsWithAdam) {
  expect_within(adam_recipe(), 200, 2);
  Recipe decay = adam_recipe();
  decay.weight_decay = 0.01F;
  decay.batch = 0;
  expect_within(decay, 200, 1);
}

TEST(LockstepTest, SoItIsWithoutHiddenLayersAndInFullBatches) {
  Recipe r = tiny_recipe();
  r.batch = 0;
  expect_within(r, 2900, 2);  // in slices
  r.hidden = {};
  expect_within(r, 200, 1);
}

TEST(LockstepTest, SoItIsOnPixelsOfAnyScale) {
  Recipe r = tiny_recipe();
  r.normalise = Normalise::standard;
  expect_within(r, 200, 1);
  r.normalise = Normalise::none;
  r.learning_rate = 1e-4F;
  expect_within(r, 200, 1);
}

TEST(LockstepTest, TwoSessionsThatRoundAreWithinTwiceTheTolerance) {
  const Workload work = make_workload(momentum_recipe(), images(200, 1));
  Faulty one = cpu_session(work, 1), two = cpu_session(work, 2);
  const auto result = run_in_lockstep({one, two, false, {}}, work, work.data.test, kSteps);
  EXPECT_TRUE(result.within());
}

// The one tensor named is the first one out; the others are within.
void expect_only(const LockstepResult& result, const std::string& tensor, std::size_t step,
                 std::size_t index) {
  ASSERT_TRUE(result.first_out.has_value());
  EXPECT_EQ(result.first_out->tensor, tensor);
  EXPECT_EQ(result.first_out->element.step, step);
  EXPECT_EQ(result.first_out->element.index, index);
  EXPECT_GT(result.first_out->element.share(), 1);
  EXPECT_FALSE(result.within());
  for (const TensorComparison& c : result.tensors) EXPECT_EQ(c.within(), c.tensor != tensor);
}

TEST(LockstepTest, OneWrongWeightInOneStepIsNamed) {
  const Workload work = make_workload(momentum_recipe(), images(200, 1));
  Faulty tested = cpu_session(work);
  const LinearShape layer = work.network.shapes()[1];
  int step = 0;
  tested.after = [&](TrainerState& s) {
    if (++step == 3) s.parameters[layer.weight + 40] += 1e-5F;
  };
  expect_only(check(work, tested), "2.weight", 3, 40);
}

TEST(LockstepTest, OneWrongVelocityIsNamed) {
  const Workload work = make_workload(momentum_recipe(), images(200, 1));
  Faulty tested = cpu_session(work);
  const LinearShape layer = work.network.shapes()[2];
  int step = 0;
  tested.after = [&](TrainerState& s) {
    if (++step == 5) s.optimizer[0][layer.bias + 1] += 1e-5F;
  };
  expect_only(check(work, tested), "4.bias velocity", 5, 1);
}

TEST(LockstepTest, OneWrongMomentIsNamed) {
  const Workload work = make_workload(adam_recipe(), images(200, 1));
  const LinearShape layer = work.network.shapes()[2];
  for (const std::size_t block : {0, 1}) {
    Faulty tested = cpu_session(work);
    int step = 0;
    tested.after = [&](TrainerState& s) {
      if (++step == 5) s.optimizer[block][layer.bias + 1] += 1e-4F;
    };
    expect_only(check(work, tested), block == 0 ? "4.bias first_moment" : "4.bias second_moment", 5,
                1);
  }
}

TEST(LockstepTest, ANumberThatIsNotFiniteIsOut) {
  const Workload work = make_workload(tiny_recipe(), images(200, 1));
  Faulty tested = cpu_session(work);
  const LinearShape layer = work.network.shapes()[1];
  tested.after = [&](TrainerState& s) { s.parameters[layer.bias] = std::nanf(""); };
  expect_only(check(work, tested), "2.bias", 1, 0);
}

TEST(LockstepTest, OneSampleWithAnotherLabelAmongThousandsIsOut) {
  Recipe recipe = tiny_recipe();
  recipe.batch = 0;
  const Workload work = make_workload(recipe, images(2900, 1));
  Workload other = work;
  other.data.train.labels[1000] = (other.data.train.labels[1000] + 1) % 4;
  Faulty tested = cpu_session(other);
  const LockstepResult result = check(work, tested);
  ASSERT_TRUE(result.first_out.has_value());
  EXPECT_EQ(result.first_out->element.step, 1U);
}

TEST(LockstepTest, ASessionThatShufflesOtherwiseIsOut) {
  const Workload work = make_workload(tiny_recipe(), images(200, 1));
  Workload other = work;
  other.recipe.seed = work.recipe.seed + 1;
  Faulty tested = cpu_session(other);
  EXPECT_FALSE(check(work, tested).within());
}

float rounded_to_tf32(float x) {
  constexpr std::uint32_t kDropped = 13;  // of 23 bits of fraction
  const std::uint32_t half = 1U << (kDropped - 1);
  return std::bit_cast<float>((std::bit_cast<std::uint32_t>(x) + half) & ~((1U << kDropped) - 1));
}

// The weights that the products see are rounded; those that are updated are not.
void use_tf32(Faulty& session) {
  const auto before = std::make_shared<TrainerState>();
  const auto rounded = std::make_shared<TrainerState>();
  session.before = [=](TrainerState& s) {
    *before = s;
    for (float& w : s.parameters) w = rounded_to_tf32(w);
    *rounded = s;
  };
  session.after = [=](TrainerState& s) {
    for (std::size_t i = 0; i < before->parameters.size(); ++i) {
      s.parameters[i] += before->parameters[i] - rounded->parameters[i];
    }
  };
}

// Sums as long as those of MNIST, whose tolerance is wide.
Workload mnist_like_workload() {
  Recipe recipe = tiny_recipe();
  recipe.hidden = {64};
  recipe.batch = 128;
  Workload work{recipe, {make_dataset(500, {784}, 10), {}, make_dataset(80, {784}, 10, 0, 9)}, {}};
  work.network = initial_network(recipe, work.data.train);
  return work;
}

TEST(LockstepTest, ProductsInTf32AreOutOfTheToleranceOfFp32) {
  const Workload work = mnist_like_workload();
  Faulty tested = cpu_session(work);
  use_tf32(tested);
  EXPECT_FALSE(check(work, tested).within());
}

TEST(LockstepTest, ProductsInTf32AreWithinTheirOwn) {
  const Workload work = mnist_like_workload();
  Faulty tested = cpu_session(work);
  use_tf32(tested);
  EXPECT_TRUE(check(work, tested, Rounding::of(Precision::tf32)).within());
}

TEST(LockstepTest, AWrongEvaluationIsOut) {
  const Workload work = make_workload(tiny_recipe(), images(200, 1));
  Faulty tested = cpu_session(work);
  tested.scored = [](Score& s) { s.loss += 1e-4; };
  const LockstepResult result = check(work, tested);
  EXPECT_FALSE(result.first_out.has_value());
  EXPECT_FALSE(result.within());
}

TEST(LockstepTest, ARunThatDivergesEndsTheCheck) {
  Recipe recipe = tiny_recipe();
  recipe.learning_rate = 1e38F;
  const Workload work = make_workload(recipe, images(200, 1));
  Faulty tested = cpu_session(work);
  expect_error([&] { check(work, tested); }, {"diverges at step", "--lr"}, Failure::run);
}

}  // namespace
}  // namespace kilat
