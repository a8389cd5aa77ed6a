// Training steps on the CPU and in double precision stay together.
#include <cmath>

#include <gtest/gtest.h>

#include "train/schedule.h"
#include "train/tiny.h"
#include "train/trainer.h"

namespace kilat {
namespace {

std::vector<float> parameters_after(const Device& device, const Recipe& recipe, const Dataset& data,
                                    std::size_t steps) {
  const Network start = initial_network(recipe, data);
  const auto rates = learning_rates(recipe, run_length(recipe, data.size()));
  const auto trainer = make_trainer(device, start, {&data, {&data}}, recipe, rates);
  for (std::size_t i = 0; i < steps; ++i) trainer->step();
  EXPECT_EQ(trainer->cursor().fault, kNoFault);
  EXPECT_EQ(trainer->cursor().step, steps);
  return trainer->state().parameters;
}

// A step moves a parameter by about rate · |gradient|, with |gradient| at most 1 here, and rounds
// it by about sqrt(K) eps of that for products of K terms, K up to 1,000; momentum 0.9 keeps a
// rounding alive for ten steps; steps add up. Hence 50 · 10 · 32 · eps · rate, doubled for growth.
void expect_agreement(const Recipe& recipe, const Dataset& data, int threads) {
  constexpr std::size_t kSteps = 50;
  constexpr double kEps = 6e-8;
  const double tolerance = 2 * kSteps * 10 * 32 * kEps * recipe.learning_rate;
  const auto cpu_parameters = parameters_after(tested_device(threads), recipe, data, kSteps);
  const auto wanted = parameters_after(choose_device("reference"), recipe, data, kSteps);
  double moved = 0;
  const Network start = initial_network(recipe, data);
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    ASSERT_NEAR(cpu_parameters[i], wanted[i], tolerance) << "parameter " << i;
    moved = std::max(moved, std::abs(double{wanted[i]} - double{start.parameters[i]}));
  }
  EXPECT_GT(moved, 100 * tolerance) << "the test says nothing: the weights hardly moved";
}

TEST(AgreementTest, PlainMiniBatches) {
  Recipe r = tiny_recipe();
  r.epochs = 20;
  expect_agreement(r, stripes(200, 20, 4, 1), 2);
}

TEST(AgreementTest, NesterovWithWeightDecayAndSchedule) {
  Recipe r = tiny_recipe();
  r.hidden = {30, 20};
  r.epochs = 20;
  r.momentum = 0.9F;
  r.nesterov = true;
  r.weight_decay = 0.001F;
  r.schedule = Schedule::cosine;
  r.warmup_iterations = 5;
  expect_agreement(r, stripes(200, 20, 4, 1), 2);
}

TEST(AgreementTest, WithoutHiddenLayers) {
  Recipe r = tiny_recipe();
  r.hidden = {};
  r.epochs = 20;
  expect_agreement(r, stripes(200, 20, 4, 1), 1);
}

// Tall enough that each thread works through slices of its own.
TEST(AgreementTest, FullBatchInSlices) {
  Recipe r = tiny_recipe();
  r.batch = 0;
  r.epochs = 50;
  r.learning_rate = 0.5F;
  expect_agreement(r, stripes(2900, 20, 4, 1), 3);
}

TEST(AgreementTest, StandardisedPixels) {
  Recipe r = tiny_recipe();
  r.epochs = 20;
  r.normalise = Normalise::standard;
  expect_agreement(r, stripes(200, 20, 4, 1), 2);
}

// One slice, taller than those of an evaluation.
TEST(AgreementTest, ABatchTallerThanASlice) {
  Recipe r = tiny_recipe();
  r.batch = 300;
  r.epochs = 20;
  r.learning_rate = 0.5F;
  expect_agreement(r, stripes(750, 20, 4, 1), 1);
}

// The last batch of 100 is a single slice: the other thread's gradients must not count.
TEST(AgreementTest, AShortLastBatchThatLeavesAThreadIdle) {
  Recipe r = tiny_recipe();
  r.batch = 1500;
  r.epochs = 50;
  r.learning_rate = 0.5F;
  expect_agreement(r, stripes(1600, 20, 4, 1), 2);
}

}  // namespace
}  // namespace kilat
