#include "train/checkpoint.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "support/expect_error.h"
#include "support/temp_folder.h"
#include "train/tiny.h"

namespace kilat {
namespace {

// With momentum, early stopping and the best weights, so that all of the state counts.
Recipe long_recipe() {
  Recipe r = tiny_recipe();
  r.hidden = {12, 9};
  r.epochs = 8;
  r.momentum = 0.9F;
  r.nesterov = true;
  r.schedule = Schedule::cosine;
  r.eval_iterations = 5;
  r.patience = 9;
  r.restore_best = true;
  return r;
}

Checkpoint checkpoint_after(std::size_t iterations, const Recipe& recipe, const Device& device) {
  Checkpoint taken;
  std::size_t asked = 0;
  TrainingHooks hooks;
  hooks.steps_at_once = 1;
  hooks.interrupted = [&] { return asked++ == iterations; };
  hooks.on_checkpoint = [&](const Checkpoint& c) { taken = c; };
  train_tiny(recipe, tiny_data(), device, hooks);
  return taken;
}

void expect_the_same_bits_resumed(const Recipe& recipe) {
  const TempFolder folder;
  const Device device = tested_device(2);
  const TrainingResult whole = train_tiny(recipe, tiny_data(), device);
  // Before the first evaluation, in the midst of an epoch, at its end, and later on.
  for (const std::size_t cut : {0, 3, 13, 20, 41}) {
    const auto file = folder.path() / "checkpoint.safetensors";
    save_checkpoint(checkpoint_after(cut, recipe, device), file);
    const Checkpoint loaded = load_checkpoint(file);
    EXPECT_EQ(loaded.iteration, cut);
    const TrainingResult resumed = train_tiny(recipe, tiny_data(), device, {}, &loaded);
    EXPECT_EQ(weights_sha256(resumed.network), weights_sha256(whole.network)) << "cut at " << cut;
    EXPECT_EQ(resumed.iterations, whole.iterations);
    EXPECT_EQ(resumed.stop_reason, whole.stop_reason);
    ASSERT_EQ(resumed.history.size(), whole.history.size());
    for (std::size_t i = 0; i < whole.history.size(); ++i) {
      EXPECT_EQ(resumed.history[i].iteration, whole.history[i].iteration);
      EXPECT_EQ(resumed.history[i].validation.loss, whole.history[i].validation.loss);
    }
  }
}

TEST(CheckpointTest, AResumedRunEndsWithTheBitsOfAnUninterruptedOne) {
  expect_the_same_bits_resumed(long_recipe());
}

TEST(CheckpointTest, SoItDoesWithAdam) {
  Recipe recipe = long_recipe();
  recipe.optimizer = OptimizerKind::adam;
  recipe.momentum = 0;
  recipe.nesterov = false;
  recipe.learning_rate = 0.01F;
  expect_the_same_bits_resumed(recipe);
}

TEST(CheckpointTest, SoItDoesWithLeakyRelu) {
  Recipe recipe = long_recipe();
  recipe.activation = ActivationKind::leaky_relu;
  recipe.negative_slope = 0.1F;
  expect_the_same_bits_resumed(recipe);
}

TEST(CheckpointTest, SoItDoesWithShiftedImages) {
  Recipe recipe = long_recipe();
  recipe.augmentation = {1};
  expect_the_same_bits_resumed(recipe);
}

TEST(CheckpointTest, KeepsTheRecipe) {
  const TempFolder folder;
  Recipe recipe = long_recipe();
  recipe.holdout = Holdout::parse("last:20");
  recipe.weight_decay = 1e-4F;
  const auto file = folder.path() / "checkpoint.safetensors";
  save_checkpoint(checkpoint_after(3, recipe, tested_device(1)), file);
  const Recipe loaded = load_checkpoint(file).recipe;
  EXPECT_EQ(loaded.name, recipe.name);
  EXPECT_EQ(loaded.hidden, recipe.hidden);
  EXPECT_EQ(loaded.holdout, recipe.holdout);
  EXPECT_EQ(loaded.weight_decay, recipe.weight_decay);
  EXPECT_EQ(loaded.learning_rate, recipe.learning_rate);
  EXPECT_EQ(loaded.schedule, recipe.schedule);
}

TEST(CheckpointTest, IsTakenNowAndThenToo) {
  std::size_t taken = 0;
  TrainingHooks hooks;
  hooks.on_checkpoint = [&](const Checkpoint&) { ++taken; };
  hooks.checkpoint_seconds = 0;
  const auto result = train_tiny(long_recipe(), tiny_data(), tested_device(1), hooks);
  EXPECT_GT(taken, 0U);
  EXPECT_LE(taken, result.history.size());
}

TEST(CheckpointTest, OtherDataOrAnotherNetworkAreRefused) {
  const Checkpoint c = checkpoint_after(3, long_recipe(), tested_device(1));
  TrainingData other = tiny_data();
  other.train.pixels[7] ^= 1;
  expect_error([&] { train_tiny(long_recipe(), other, tested_device(1), {}, &c); },
               {"training data"});
  expect_error([&] { train_tiny(tiny_recipe(), tiny_data(), tested_device(1), {}, &c); },
               {"--hidden 12,9", "has 12"});
}

TEST(CheckpointTest, DamagedFilesAreRefused) {
  const TempFolder folder;
  const auto file = folder.path() / "checkpoint.safetensors";
  save_checkpoint(checkpoint_after(20, long_recipe(), tested_device(1)), file);
  const std::vector<std::uint8_t> good = read_file(file);
  for (std::size_t i = 0; i < good.size(); i += 97) {
    std::vector<std::uint8_t> bad = good;
    bad[i] ^= 0x5A;
    write_file(file, bad);
    try {
      load_checkpoint(file);
    } catch (const Error&) {
    }
    write_file(file, std::span(good).first(i));
    EXPECT_THROW(load_checkpoint(file), Error) << "cut to " << i;
  }
}

}  // namespace
}  // namespace kilat
