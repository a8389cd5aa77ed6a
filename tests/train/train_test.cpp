// What the public functions make of their arguments, and refuse: recipes, data and networks that
// contradict themselves.
#include <gtest/gtest.h>

#include "support/expect_error.h"
#include "train/tiny.h"

namespace kilat {
namespace {

// A run that would go well.
struct GoodRun {
  Recipe recipe = tiny_recipe();
  TrainingData data = tiny_data();
  Network network = initial_network(recipe, data.train);

  void train() const { kilat::train(recipe, data, network, tested_device(1)); }
  void evaluate() const { kilat::evaluate(network, data.train, tested_device(1)); }
  void predict() const { kilat::predict(network, data.train.pixels, tested_device(1)); }
};

TEST(TrainTest, TheInitialNetworkIsMadeForItsData) {
  Dataset data = stripes(40, 20, 4, 1);
  data.shape = {4, 5};
  for (std::uint8_t& label : data.labels) label = static_cast<std::uint8_t>(label * 2 + 1);
  const Network network = initial_network(tiny_recipe(), data);
  EXPECT_EQ(network.widths(), (std::vector<std::size_t>{20, 12, 4}));
  EXPECT_EQ(network.image_shape, data.shape);
  EXPECT_EQ(network.classes, (std::vector<std::uint8_t>{1, 3, 5, 7}));
  EXPECT_EQ(network.normalisation, make_normalisation(Normalise::unit, data));
}

TEST(TrainTest, EveryDataSetMustFitTheNetwork) {
  for (Dataset TrainingData::*set :
       {&TrainingData::train, &TrainingData::validation, &TrainingData::test}) {
    GoodRun run;
    (run.data.*set) = stripes(20, 9, 4, 1);
    expect_error([&] { run.train(); }, {"images of 9 pixels", "takes 20"});
  }
}

TEST(TrainTest, EveryDataSetMustHaveTheLabelsOfTheNetwork) {
  for (Dataset TrainingData::*set :
       {&TrainingData::train, &TrainingData::validation, &TrainingData::test}) {
    GoodRun run;
    (run.data.*set).labels[5] = 9;
    expect_error([&] { run.train(); }, {"9"});
  }
}

TEST(TrainTest, EveryDataSetMustHaveThePixelsOfItsLabels) {
  for (Dataset TrainingData::*set :
       {&TrainingData::train, &TrainingData::validation, &TrainingData::test}) {
    GoodRun run;
    (run.data.*set).pixels.pop_back();
    expect_error([&] { run.train(); }, {"stripes", "labels", "pixels"});
  }
  GoodRun run;
  run.data.train.pixels.push_back(0);
  expect_error([&] { run.evaluate(); }, {"stripes", "labels", "pixels"});
}

void expect_refused_network(const GoodRun& run) {
  expect_error([&] { run.train(); }, {"20-12-4 network"});
  expect_error([&] { run.evaluate(); }, {"20-12-4 network"});
  expect_error([&] { run.predict(); }, {"20-12-4 network"});
}

TEST(TrainTest, TheNetworkMustHaveItsParametersAndClasses) {
  GoodRun few_parameters, many_parameters, few_classes, many_classes;
  few_parameters.network.parameters.pop_back();
  many_parameters.network.parameters.push_back(0);
  few_classes.network.classes.pop_back();
  many_classes.network.classes.push_back(4);
  for (const GoodRun& run : {few_parameters, many_parameters, few_classes, many_classes}) {
    expect_refused_network(run);
  }
}

TEST(TrainTest, TheRecipeMustBeSound) {
  GoodRun run;
  run.recipe.learning_rate = -1;
  expect_error([&] { run.train(); }, {"lr"});
  expect_error([&] { initial_network(run.recipe, run.data.train); }, {"lr"});
}

TEST(TrainTest, ThereMustBeTrainingSamples) {
  GoodRun run;
  run.data.train = {};
  expect_error([&] { run.train(); }, {"no training samples"});
  expect_error([&] { initial_network(run.recipe, run.data.train); }, {"no training samples"});
}

}  // namespace
}  // namespace kilat
