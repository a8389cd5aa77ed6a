// Training steps on the device under test and in double precision stay together.
#include "train/agreement.h"

namespace kilat {
namespace {

constexpr std::size_t kSteps = 50;

TEST(AgreementTest, PlainMiniBatches) {
  Recipe r = tiny_recipe();
  r.epochs = 20;
  expect_agreement(tested_device(2), r, stripes(200, 20, 4, 1), kSteps);
}

TEST(AgreementTest, NesterovWithWeightDecayAndSchedule) {
  Recipe r = nesterov_recipe();
  r.schedule = Schedule::cosine;
  r.warmup_iterations = 5;
  expect_agreement(tested_device(2), r, stripes(200, 20, 4, 1), kSteps);
}

// The divisor is far from zero, where Adam would make much of a rounding.
TEST(AgreementTest, Adam) {
  Recipe r = tiny_recipe();
  r.epochs = 20;
  r.optimizer = OptimizerKind::adam;
  r.learning_rate = 0.01F;
  r.epsilon = 0.01F;
  r.weight_decay = 0.001F;
  expect_agreement(tested_device(2), r, stripes(200, 20, 4, 1), kSteps);
}

TEST(AgreementTest, LeakyRelu) {
  Recipe r = tiny_recipe();
  r.hidden = {30, 20};
  r.epochs = 20;
  r.activation = ActivationKind::leaky_relu;
  r.negative_slope = 0.1F;
  expect_agreement(tested_device(2), r, stripes(200, 20, 4, 1), kSteps);
}

// Mini-batches whose last is short, and full batches, each an epoch of its own.
TEST(AgreementTest, ShiftedImages) {
  for (const std::size_t batch : {16, 0}) {
    Recipe r = tiny_recipe();
    r.batch = batch;
    r.epochs = 100;
    r.augmentation = {1};
    expect_agreement(tested_device(2), r, stripes(203, 20, 4, 1), kSteps);
    Recipe plain = r;
    plain.augmentation = {};
    const Dataset data = stripes(203, 20, 4, 1);
    EXPECT_NE(parameters_after(tested_device(2), r, data, 2),
              parameters_after(tested_device(2), plain, data, 2));
  }
}

TEST(AgreementTest, WithoutHiddenLayers) {
  Recipe r = tiny_recipe();
  r.hidden = {};
  r.epochs = 20;
  expect_agreement(tested_device(1), r, stripes(200, 20, 4, 1), kSteps);
}

// Large enough that each thread works through slices of its own.
TEST(AgreementTest, FullBatchInSlices) {
  Recipe r = tiny_recipe();
  r.batch = 0;
  r.epochs = 50;
  r.learning_rate = 0.5F;
  expect_agreement(tested_device(3), r, stripes(2900, 20, 4, 1), kSteps);
}

TEST(AgreementTest, StandardisedPixels) {
  Recipe r = tiny_recipe();
  r.epochs = 20;
  r.normalise = Normalise::standard;
  expect_agreement(tested_device(2), r, stripes(200, 20, 4, 1), kSteps);
}

// One slice, with more rows than those of an evaluation.
TEST(AgreementTest, ABatchTallerThanASlice) {
  Recipe r = tiny_recipe();
  r.batch = 300;
  r.epochs = 20;
  r.learning_rate = 0.5F;
  expect_agreement(tested_device(1), r, stripes(750, 20, 4, 1), kSteps);
}

// The last batch of 100 is a single slice: the other thread's gradients must not count.
TEST(AgreementTest, AShortLastBatchThatLeavesAThreadIdle) {
  Recipe r = tiny_recipe();
  r.batch = 1500;
  r.epochs = 50;
  r.learning_rate = 0.5F;
  expect_agreement(tested_device(2), r, stripes(1600, 20, 4, 1), kSteps);
}

}  // namespace
}  // namespace kilat
