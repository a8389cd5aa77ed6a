// Checkpoint files: every field comes back, and a file that contradicts itself is refused.
#include <functional>
#include <nlohmann/json.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/safetensors.h"
#include "support/expect_error.h"
#include "support/temp_folder.h"
#include "train/checkpoint.h"
#include "train/recipe_fields.h"
#include "train/tiny.h"

namespace kilat {
namespace {

std::vector<float> numbers(std::size_t n, float first) {
  std::vector<float> values(n);
  for (std::size_t i = 0; i < n; ++i) values[i] = first + static_cast<float>(i) / 3;
  return values;
}

// No two fields alike, none at its default.
Checkpoint checkpoint() {
  Checkpoint c;
  c.recipe = tiny_recipe();
  c.recipe.seed = 77;
  c.recipe.momentum = 0.9F;
  c.recipe.monitor = Monitor::train_loss;
  c.network = make_network({6, 5, 3});
  c.network.normalisation = {33.3F, 1.0F / 77};
  c.network.classes = {2, 3, 7};
  c.network.image_shape = {2, 3};
  const std::size_t size = c.network.parameters.size();
  c.network.parameters = numbers(size, 1);
  c.state = {numbers(size, 2), {numbers(size, 3)}};
  c.kept_iteration = 20;
  c.iteration = 31;
  c.stopping = {0.25, 10, 4, 0.375, 2};
  c.train_seconds = 12.1;
  c.data_sha256 = "1234abcd";
  c.history.push_back({10, 0.7, {0.1, 0.2}, {0.3, 0.4}, {0.5, 0.6}, 0.01, {0.125, 1}, 4.2, "ab"});
  c.history.push_back({20, 1.4, {0.7, 0.8}, {}, {0.9, kNotMeasured}, 0.02, {}, 8.4, ""});
  return c;
}

std::string path_in(const TempFolder& folder) { return folder / "checkpoint.safetensors"; }

Checkpoint saved_and_loaded(const Checkpoint& c) {
  const TempFolder folder;
  save_checkpoint(c, path_in(folder));
  return load_checkpoint(path_in(folder));
}

void expect_same(const Score& got, const Score& wanted) {
  EXPECT_THAT(got.loss, testing::NanSensitiveDoubleEq(wanted.loss));
  EXPECT_THAT(got.accuracy, testing::NanSensitiveDoubleEq(wanted.accuracy));
}

void expect_same(const Evaluation& got, const Evaluation& wanted) {
  EXPECT_EQ(got.iteration, wanted.iteration);
  EXPECT_EQ(got.epoch, wanted.epoch);
  expect_same(got.train, wanted.train);
  expect_same(got.validation, wanted.validation);
  expect_same(got.test, wanted.test);
  EXPECT_EQ(got.learning_rate, wanted.learning_rate);
  EXPECT_EQ(got.dead, wanted.dead);
  EXPECT_EQ(got.train_seconds, wanted.train_seconds);
  EXPECT_EQ(got.weights_sha256, wanted.weights_sha256);
}

TEST(CheckpointFileTest, KeepsTheRecipeAndTheNetwork) {
  const Checkpoint wanted = checkpoint(), got = saved_and_loaded(wanted);
  EXPECT_EQ(got.recipe.name, wanted.recipe.name);
  EXPECT_EQ(got.recipe.seed, 77U);
  for (const RecipeField& field : recipe_fields()) {
    EXPECT_EQ(field.text(got.recipe), field.text(wanted.recipe)) << field.name;
  }
  EXPECT_EQ(got.network.layers, wanted.network.layers);
  EXPECT_EQ(got.network.normalisation, wanted.network.normalisation);
  EXPECT_EQ(got.network.classes, wanted.network.classes);
  EXPECT_EQ(got.network.image_shape, wanted.network.image_shape);
  EXPECT_EQ(got.network.parameters, wanted.network.parameters);
}

TEST(CheckpointFileTest, KeepsWhereTheRunStood) {
  const Checkpoint wanted = checkpoint(), got = saved_and_loaded(wanted);
  EXPECT_EQ(got.kept_iteration, wanted.kept_iteration);
  EXPECT_EQ(got.state.parameters, wanted.state.parameters);
  EXPECT_EQ(got.state.optimizer, wanted.state.optimizer);
  EXPECT_EQ(got.iteration, wanted.iteration);
  EXPECT_EQ(got.stopping.best, wanted.stopping.best);
  EXPECT_EQ(got.stopping.best_iteration, wanted.stopping.best_iteration);
  EXPECT_EQ(got.stopping.without_improvement, wanted.stopping.without_improvement);
  EXPECT_EQ(got.stopping.previous, wanted.stopping.previous);
  EXPECT_EQ(got.stopping.drops, wanted.stopping.drops);
  EXPECT_EQ(got.train_seconds, wanted.train_seconds);
  EXPECT_EQ(got.data_sha256, wanted.data_sha256);
  ASSERT_EQ(got.history.size(), wanted.history.size());
  for (std::size_t i = 0; i < got.history.size(); ++i) {
    SCOPED_TRACE(i);
    expect_same(got.history[i], wanted.history[i]);
  }
}

TEST(CheckpointFileTest, KeepsThatNothingWasMonitoredYet) {
  Checkpoint c = checkpoint();
  c.stopping = {};
  EXPECT_EQ(saved_and_loaded(c).stopping.best, std::nullopt);
  EXPECT_EQ(saved_and_loaded(c).stopping.previous, std::nullopt);
}

// Expects that the file is refused once `spoil` has changed it.
void expect_refusal(const std::function<void(SafetensorsFile&)>& spoil,
                    std::initializer_list<std::string> words) {
  const TempFolder folder;
  save_checkpoint(checkpoint(), path_in(folder));
  SafetensorsFile contents = read_safetensors(path_in(folder));
  spoil(contents);
  write_safetensors(path_in(folder), contents);
  expect_error([&] { load_checkpoint(path_in(folder)); }, words);
}

TEST(CheckpointFileTest, ATensorThatIsShortOrMissingIsRefused) {
  for (const std::size_t t : {0, 1, 2}) {
    expect_refusal(
        [&](SafetensorsFile& contents) {
          Tensor& tensor = contents.tensors[t];
          const std::size_t size = tensor.bytes.size() / sizeof(float) - 1;
          tensor = make_tensor(tensor.name, {size}, numbers(size, 1));
        },
        {"checkpoint.safetensors", "size of its network"});
    expect_refusal([&](SafetensorsFile& contents) { contents.tensors[t].name = "other"; },
                   {"checkpoint.safetensors", "is missing"});
  }
}

TEST(CheckpointFileTest, AnotherVersionIsRefused) {
  expect_refusal(
      [](SafetensorsFile& contents) {
        std::string& text = contents.metadata.at("kilat.checkpoint");
        nlohmann::json value = nlohmann::json::parse(text);
        value["version"] = 3;
        text = value.dump();
      },
      {"checkpoint.safetensors", "another version"});
}

// Only the engine whose bits are defined writes its arithmetic, and another one is refused.
TEST(CheckpointFileTest, AnotherArithmeticIsRefused) {
  Checkpoint c = checkpoint();
  c.recipe.engine = Engine::resident;
  const TempFolder folder;
  save_checkpoint(c, path_in(folder));
  const std::string text = read_safetensors(path_in(folder)).metadata.at("kilat.checkpoint");
  EXPECT_EQ(nlohmann::json::parse(text).at("arithmetic"), 1);
  expect_refusal(
      [](SafetensorsFile& contents) {
        std::string& of_other = contents.metadata.at("kilat.checkpoint");
        nlohmann::json value = nlohmann::json::parse(of_other);
        EXPECT_FALSE(value.contains("arithmetic"));
        value["arithmetic"] = 2;
        of_other = value.dump();
      },
      {"checkpoint.safetensors", "of arithmetic 2, this Kilat has 1"});
}

// Each rule's blocks under names of their own, and a version that older programs refuse where they
// would train on with another rule.
TEST(CheckpointFileTest, HoldsWhatTheOptimizerHas) {
  Checkpoint c = checkpoint();
  const std::size_t size = c.network.parameters.size();
  for (const auto& [optimizer, momentum, names] :
       {std::tuple(OptimizerKind::sgd, 0.0F, std::vector<std::string>{}),
        {OptimizerKind::sgd, 0.9F, {"velocity"}},
        {OptimizerKind::adam, 0.0F, {"first_moment", "second_moment"}}}) {
    c.recipe.optimizer = optimizer;
    c.recipe.momentum = momentum;
    c.state.optimizer.assign(names.size(), numbers(size, 7));
    const TempFolder folder;
    save_checkpoint(c, path_in(folder));
    EXPECT_EQ(load_checkpoint(path_in(folder)).state.optimizer, c.state.optimizer);
    const SafetensorsFile contents = read_safetensors(path_in(folder));
    EXPECT_EQ(contents.tensors.size(), 2 + names.size());
    for (const std::string& name : names) EXPECT_NE(contents.find(name), nullptr) << name;
    const auto value = nlohmann::json::parse(contents.metadata.at("kilat.checkpoint"));
    EXPECT_EQ(value["version"], optimizer == OptimizerKind::sgd ? 1 : 2);
  }
}

TEST(CheckpointFileTest, HoldsTheActivations) {
  Checkpoint c = checkpoint();
  c.recipe.activation = ActivationKind::leaky_relu;
  c.network.layers[0].activation = activation_of(c.recipe);
  const TempFolder folder;
  save_checkpoint(c, path_in(folder));
  EXPECT_EQ(load_checkpoint(path_in(folder)).network.layers, c.network.layers);
  const SafetensorsFile contents = read_safetensors(path_in(folder));
  const auto value = nlohmann::json::parse(contents.metadata.at("kilat.checkpoint"));
  EXPECT_EQ(value["version"], 2);
}

TEST(CheckpointFileTest, ThatOfAnOlderVersionLacksTheOptimizersOptions) {
  const TempFolder folder;
  save_checkpoint(checkpoint(), path_in(folder));
  SafetensorsFile contents = read_safetensors(path_in(folder));
  std::string& text = contents.metadata.at("kilat.checkpoint");
  nlohmann::json value = nlohmann::json::parse(text);
  for (const char* name :
       {"augment", "optimizer", "beta1", "beta2", "epsilon", "activation", "negative-slope"}) {
    value["recipe"].erase(name);
  }
  text = value.dump();
  write_safetensors(path_in(folder), contents);
  EXPECT_EQ(load_checkpoint(path_in(folder)).recipe.optimizer, OptimizerKind::sgd);
}

TEST(DataHashTest, ChangesWithAPixelALabelAndTheShapeOfTheImages) {
  const Dataset data = stripes(8, 6, 4, 1);
  Dataset pixel = data, label = data, shape = data;
  pixel.pixels[7] ^= 1;
  label.labels[3] ^= 1;
  shape.features = 12;  // the same bytes as fewer images
  EXPECT_EQ(sha256(data), sha256(stripes(8, 6, 4, 1)));
  EXPECT_NE(sha256(data), sha256(pixel));
  EXPECT_NE(sha256(data), sha256(label));
  EXPECT_NE(sha256(data), sha256(shape));
}

}  // namespace
}  // namespace kilat
