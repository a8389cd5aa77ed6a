#include "train/recipe_fields.h"

#include <set>

#include <gtest/gtest.h>

#include "support/expect_error.h"
#include "train/augmentation.h"

namespace kilat {
namespace {

const RecipeField& field(const std::string& name) {
  for (const RecipeField& f : recipe_fields()) {
    if (f.name == name) return f;
  }
  throw std::out_of_range(name);
}

TEST(RecipeFieldsTest, NamesAreDistinctAndExplained) {
  std::set<std::string> names;
  for (const RecipeField& f : recipe_fields()) {
    EXPECT_TRUE(names.insert(f.name).second) << f.name;
    EXPECT_FALSE(f.help.empty()) << f.name;
    EXPECT_FALSE(f.group.empty()) << f.name;
  }
}

// Every option of every recipe reads back as the same text from a recipe that differs in all.
TEST(RecipeFieldsTest, TheTextOfEachFieldSetsItAgain) {
  for (const Recipe& recipe : recipes()) {
    for (Recipe copy : recipes()) {
      for (const RecipeField& f : recipe_fields()) {
        f.set(copy, f.text(recipe));
        EXPECT_EQ(f.text(copy), f.text(recipe)) << f.name;
      }
    }
  }
}

TEST(RecipeFieldsTest, TakesWhatTheHelpSays) {
  Recipe r;
  field("hidden").set(r, "300,100");
  EXPECT_EQ(r.hidden, (std::vector<std::size_t>{300, 100}));
  field("hidden").set(r, "none");
  EXPECT_TRUE(r.hidden.empty());
  field("batch").set(r, "full");
  EXPECT_EQ(r.batch, 0U);
  field("train-range").set(r, "10:20");
  EXPECT_EQ(r.train_range, (Range{10, 20}));
  field("train-range").set(r, "10:");
  EXPECT_EQ(r.train_range.first, 10U);
  EXPECT_EQ(r.train_range.last, Range{}.last);
  field("monitor").set(r, "val_loss");
  EXPECT_EQ(r.monitor, Monitor::validation_loss);
  field("lr").set(r, "1e-3");
  EXPECT_FLOAT_EQ(r.learning_rate, 1e-3F);
}

TEST(RecipeFieldsTest, RefusesWhatMakesNoSenseAndNamesTheOption) {
  const std::vector<std::pair<const char*, const char*>> bad = {
      {"hidden", "300,,100"}, {"hidden", "300;100"},  {"hidden", ""},
      {"batch", "-1"},        {"batch", "half"},      {"epochs", "1.5"},
      {"lr", "fast"},         {"lr", "0.1x"},         {"lr", ""},
      {"momentum", "1e999"},  {"schedule", "linear"}, {"seed", "-3"},
      {"train-range", "10"},  {"nesterov", "maybe"},  {"validation", "most"}};
  for (const auto& [name, text] : bad) {
    Recipe r;
    expect_error([&, n = name, t = text] { field(n).set(r, t); }, {std::string("--") + name});
  }
}

TEST(ValidateTest, AcceptsEveryRecipe) {
  for (const Recipe& recipe : recipes()) EXPECT_NO_THROW(validate(recipe)) << recipe.name;
}

TEST(ValidateTest, RefusesNumbersOutOfRange) {
  const auto refuse = [](const char* name, const auto& change) {
    Recipe r;
    change(r);
    expect_error([&] { validate(r); }, {std::string("--") + name});
  };
  refuse("lr", [](Recipe& r) { r.learning_rate = 0; });
  refuse("lr", [](Recipe& r) { r.learning_rate = std::numeric_limits<float>::quiet_NaN(); });
  refuse("momentum", [](Recipe& r) { r.momentum = 1; });
  refuse("nesterov", [](Recipe& r) { r.nesterov = true; });
  refuse("weight-decay", [](Recipe& r) { r.weight_decay = -1; });
  const auto adam = [](const auto& change) {
    return [change](Recipe& r) {
      r.optimizer = OptimizerKind::adam;
      change(r);
    };
  };
  refuse("momentum", adam([](Recipe& r) { r.momentum = 0.9F; }));
  refuse("beta1", adam([](Recipe& r) { r.beta1 = 1; }));
  refuse("beta2", adam([](Recipe& r) { r.beta2 = -0.1F; }));
  refuse("epsilon", adam([](Recipe& r) { r.epsilon = 0; }));
  refuse("beta1", [](Recipe& r) { r.beta1 = 0.8F; });  // without effect
  refuse("beta2", [](Recipe& r) { r.beta2 = 0.8F; });
  refuse("epsilon", [](Recipe& r) { r.epsilon = 0.1F; });
  refuse("negative-slope", [](Recipe& r) { r.negative_slope = 0.1F; });  // without effect
  for (const float slope : {0.0F, 1.0F, -0.1F, std::nanf("")}) {
    refuse("negative-slope", [slope](Recipe& r) {
      r.activation = ActivationKind::leaky_relu;
      r.negative_slope = slope;
    });
  }
  refuse("min-delta", [](Recipe& r) { r.min_delta = std::numeric_limits<double>::infinity(); });
  refuse("step-epochs", [](Recipe& r) { r.step_epochs = 0; });
  refuse("eval-epochs", [](Recipe& r) { r.eval_epochs = 0; });
}

Recipe settled(const std::set<std::string>& given) {
  Recipe r = find_recipe("mnist");
  if (given.contains("optimizer")) r.optimizer = OptimizerKind::adam;
  settle(r, [&](const char* name) { return given.contains(name); });
  return r;
}

TEST(SettleTest, AdamHasNoMomentumAndALearningRateOfItsOwn) {
  EXPECT_EQ(settled({}).momentum, 0.9F);
  EXPECT_EQ(settled({"optimizer"}).momentum, 0);
  EXPECT_FALSE(settled({"optimizer"}).nesterov);
  EXPECT_EQ(settled({"optimizer"}).learning_rate, 0.001F);
  EXPECT_EQ(settled({"optimizer", "lr"}).learning_rate, 0.1F);
  EXPECT_NO_THROW(validate(settled({"optimizer"})));
  expect_error([] { validate(settled({"optimizer", "momentum"})); }, {"--momentum", "--beta1"});
}

TEST(AugmentationTextTest, IsReadAsItIsWritten) {
  for (const char* text : {"none", "shift=1", "shift=14"}) {
    EXPECT_EQ(Augmentation::parse(text).text(), text);
  }
  for (const char* text : {"", "shift", "shift=", "shift=0", "shift=-1", "shift=2.5", "shift=2,",
                           "rotate=3", "Shift=2"}) {
    EXPECT_THROW(Augmentation::parse(text), Error) << text;
  }
}

TEST(AugmentationTextTest, ImagesHaveTwoDimensionsAndRoomToMove) {
  Recipe r;
  r.augmentation = {3};
  Dataset data{"set", {4, 9}, 36, {}, {}};
  EXPECT_NO_THROW(require_augmentable(r, data));
  r.augmentation = {4};
  expect_error([&] { require_augmentable(r, data); }, {"--augment shift=4", "4 x 9"});
  data.shape = {36};
  expect_error([&] { require_augmentable(r, data); }, {"two dimensions", "set"});
  r.augmentation = {};
  EXPECT_NO_THROW(require_augmentable(r, data));
}

TEST(RecipesTest, AnUnknownNameListsThoseThereAre) {
  expect_error([] { find_recipe("mnits"); }, {"mnits", "mnist", "report-as-published"});
}

}  // namespace
}  // namespace kilat
