#include <kilat/error.h>
#include <kilat/model_file.h>
#include <kilat/train.h>

#include "cli/cli_test.h"
#include "support/paths.h"

namespace kilat {
namespace {

using nlohmann::json;
using testing::HasSubstr;

class TrainTest : public CliTest {};

TEST_F(TrainTest, PrintsOneObjectWithEveryFactOfTheRun) {
  const json result = train_json({"--validation", "0.25", "--seed", "7"});
  for (const char* name : {"recipe",
                           "device",
                           "network",
                           "seed",
                           "threads",
                           "first_layer",
                           "bits_depend_on_threads",
                           "train_samples",
                           "validation_samples",
                           "epochs",
                           "iterations",
                           "stop_reason",
                           "train_loss",
                           "train_accuracy",
                           "validation_loss",
                           "validation_accuracy",
                           "test_loss",
                           "test_accuracy",
                           "train_seconds",
                           "total_seconds",
                           "samples_per_second",
                           "model",
                           "weights_sha256"}) {
    ASSERT_TRUE(result.contains(name)) << name;
    EXPECT_FALSE(result[name].is_null()) << name;
  }
  EXPECT_EQ(result["recipe"], "mnist");
  EXPECT_EQ(result["device"], "cpu");
  EXPECT_EQ(result["network"], "36-8-3");
  EXPECT_EQ(result["seed"], 7);
  EXPECT_EQ(result["threads"], 1);
  EXPECT_EQ(result["train_samples"], 90);
  EXPECT_EQ(result["validation_samples"], 30);
  EXPECT_EQ(result["epochs"], 3);
  EXPECT_EQ(result["iterations"], 18);  // ceil(90 / 16) an epoch
  EXPECT_EQ(result["stop_reason"], "completed");
  EXPECT_EQ(result["model"], "run/model.safetensors");
}

TEST_F(TrainTest, SaysHowTheFirstLayerIsMultipliedAndWhatItsBitsDependOn) {
  const json whole = train_json({"--first-layer", "whole"});
  EXPECT_THAT(whole["first_layer"], testing::StartsWith("whole numbers ("));
  EXPECT_EQ(whole["bits_depend_on_threads"], false);
  const json fp32 = train_json({"--first-layer", "fp32", "--hidden", "8,4"});
  EXPECT_EQ(fp32["first_layer"], "fp32");
  EXPECT_EQ(fp32["bits_depend_on_threads"], true);
}

TEST_F(TrainTest, LearnsAndScoresAccuracyAsAFraction) {
  const json result = train_json({"--epochs", "30"});
  EXPECT_GT(result["test_accuracy"], 0.95);
  EXPECT_LE(result["test_accuracy"], 1);
  EXPECT_LT(result["test_loss"], 0.2);
}

TEST_F(TrainTest, WhatWasNotMeasuredIsNull) {
  const json result = train_json();
  EXPECT_TRUE(result["validation_loss"].is_null());
  EXPECT_TRUE(result["validation_accuracy"].is_null());
  EXPECT_EQ(result["validation_samples"], 0);
}

TEST_F(TrainTest, LeavesTheFilesOfARun) {
  ASSERT_EQ(train().exit_code, 0);
  std::set<std::string> made;
  for (const std::string& name : contents()) {
    if (name.starts_with("run/")) made.insert(name);
  }
  EXPECT_EQ(made, (std::set<std::string>{"run/events.out.tfevents.kilat", "run/history.csv",
                                         "run/manifest.json", "run/model.safetensors",
                                         "run/report.html"}));
  EXPECT_EQ(json::parse(text_of("run/manifest.json"))["result"]["iterations"], 24);
}

TEST_F(TrainTest, WithoutRunItsFilesGoToANewFolderEachTime) {
  Words words = train_words({"--epochs", "0"});
  words.erase(words.begin() + 3, words.begin() + 5);  // --run run
  ASSERT_EQ(run(words).exit_code, 0);
  ASSERT_EQ(run(words).exit_code, 0);
  std::size_t folders = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder / "runs")) {
    EXPECT_THAT(entry.path().filename().string(), testing::StartsWith("mnist-"));
    EXPECT_TRUE(std::filesystem::exists(entry.path() / "model.safetensors"));
    ++folders;
  }
  EXPECT_EQ(folders, 2U);
}

TEST_F(TrainTest, TheModelFileHoldsTheWeightsThatTheResultNames) {
  const json result = train_json({"--model", "mine.safetensors"});
  EXPECT_EQ(result["model"], "mine.safetensors");
  const Model model = load_model(folder / "mine.safetensors");
  EXPECT_EQ(weights_sha256(model.network), result["weights_sha256"]);
  EXPECT_EQ(model.metadata.at("recipe"), "mnist");
  EXPECT_FALSE(contents().contains("run/model.safetensors"));
}

TEST_F(TrainTest, SameSeedSameBitsOtherSeedOtherBits) {
  const json first = train_json({"--seed", "5"});
  EXPECT_EQ(train_json({"--seed", "5"})["weights_sha256"], first["weights_sha256"]);
  EXPECT_NE(train_json({"--seed", "6"})["weights_sha256"], first["weights_sha256"]);
}

TEST_F(TrainTest, EpochsZeroSavesTheInitialNetworkUntouched) {
  const json result = train_json({"--epochs", "0", "--seed", "9"});
  Recipe recipe = recipes().front();
  recipe.hidden = {8};
  recipe.seed = 9;
  const Network initial = initial_network(recipe, load_part(folder / "data", Part::train));
  EXPECT_EQ(result["weights_sha256"], weights_sha256(initial));
  EXPECT_EQ(result["iterations"], 0);
  EXPECT_EQ(load_model(folder / "run/model.safetensors").network.parameters, initial.parameters);
}

TEST_F(TrainTest, InitFromStartsWithTheWeightsOfAModel) {
  const json first = train_json({"--model", "first.safetensors"});
  const json copy = train_json({"--init-from", "first.safetensors", "--epochs", "0"});
  EXPECT_EQ(copy["weights_sha256"], first["weights_sha256"]);
  const json further = train_json({"--init-from", "first.safetensors"});
  EXPECT_LT(further["train_loss"], first["train_loss"]);
}

TEST_F(TrainTest, FullBatchMakesOneIterationAnEpoch) {
  const json result = train_json({"--batch", "full", "--epochs", "7"});
  EXPECT_EQ(result["iterations"], 7);
}

TEST_F(TrainTest, IterationsEndARunInsideAnEpoch) {
  Words words = {"train", "--data",  "data",  "--run",    "run", "--validation",
                 "none",  "--batch", "16",    "--hidden", "8",   "--iterations",
                 "11",    "--quiet", "--json"};
  const json result = parse(run(words));
  EXPECT_EQ(result["iterations"], 11);
  EXPECT_DOUBLE_EQ(result["epochs"], 11 / 8.0);
}

TEST_F(TrainTest, AnIntervalBeyondTheRunEvaluatesAtItsEnd) {
  for (const char* interval : {"100", "9223372036854775808", "18446744073709551615"}) {
    EXPECT_EQ(train_json({"--eval-epochs", interval})["iterations"], 24) << interval;
    EXPECT_EQ(std::ranges::count(text_of("run/history.csv"), '\n'), 2) << interval;
  }
}

TEST_F(TrainTest, WritesResultsToStdoutAndProgressToStderr) {
  const Outcome loud = train({"--no-quiet"});
  EXPECT_THAT(loud.out, HasSubstr("completed after 24 iterations"));
  EXPECT_THAT(loud.out, HasSubstr("run/model.safetensors"));
  EXPECT_THAT(loud.err, HasSubstr("mnist: 36-8-3 on 120 samples"));
  EXPECT_THAT(loud.err, HasSubstr("accuracy"));
  EXPECT_EQ(train().err, "");
  EXPECT_THAT(train({"--epochs", "0", "--no-quiet"}).err, HasSubstr("mnist: 36-8-3 on 120"));
}

TEST_F(TrainTest, DivergenceExitsWith1ExplainsItselfAndLeavesAFiniteModel) {
  const Outcome outcome = train({"--lr", "1e30", "--hidden", "8,8", "--json"});
  const json result = parse(outcome, 1);
  EXPECT_EQ(result["stop_reason"], "diverged");
  EXPECT_THAT(outcome.err, testing::StartsWith("kilat: "));
  EXPECT_THAT(outcome.err, HasSubstr("iteration"));
  EXPECT_THAT(outcome.err, HasSubstr("layer"));
  EXPECT_THAT(outcome.err, HasSubstr("learning rate"));
  EXPECT_THAT(outcome.err, HasSubstr("run/model.safetensors"));
  const Model model = load_model(folder / "run/model.safetensors");
  for (const float parameter : model.network.parameters) ASSERT_TRUE(std::isfinite(parameter));
  EXPECT_EQ(weights_sha256(model.network), result["weights_sha256"]);
}

TEST_F(TrainTest, LabelsFrom1WorkEndToEnd) {
  std::filesystem::create_directory(folder / "letters");
  const auto write = [&](Part part, std::size_t count, std::uint64_t seed) {
    write_part(folder / "letters", part, make_dataset(count, {5, 5}, 26, 1, seed),
               "emnist-letters-", ".gz");
  };
  write(Part::train, 260, 1);
  write(Part::test, 52, 2);
  const json result = train_json({"--data", "letters", "--epochs", "40"});
  EXPECT_EQ(result["network"], "25-8-26");
  EXPECT_GT(result["train_accuracy"], 1.0 / 26);
  const json guess = parse(run({"predict", "run/model.safetensors",
                                "letters/emnist-letters-t10k-images-idx3-ubyte.gz:0", "--json"}));
  EXPECT_GE(guess[0]["label"], 1);
  EXPECT_LE(guess[0]["label"], 26);
  const json score = parse(run({"eval", "run/model.safetensors", "--data", "letters", "--json"}));
  EXPECT_DOUBLE_EQ(score["accuracy"], result["test_accuracy"]);
}

// Rows of features, and images with a channel.
TEST_F(TrainTest, ImagesOfRank2And4WorkEndToEnd) {
  for (const std::vector<std::size_t>& shape : {std::vector<std::size_t>{}, {2, 3, 4}}) {
    std::filesystem::create_directory(folder / "other");
    for (const auto& [part, seed] : {std::pair(Part::train, 1), std::pair(Part::test, 2)}) {
      Dataset data = make_dataset(60, {24}, 3, 0, static_cast<std::uint64_t>(seed));
      data.shape = shape;
      write_part(folder / "other", part, data);
    }
    const json result = train_json({"--data", "other", "--epochs", "20"});
    EXPECT_EQ(result["network"], "24-8-3");
    EXPECT_GT(result["test_accuracy"], 0.9);
    const json guess =
        parse(run({"predict", "run/model.safetensors", "other/t10k-images-idx3-ubyte", "--json"}));
    EXPECT_EQ(guess.size(), 60U);
    std::filesystem::remove_all(folder / "other");
  }
}

TEST_F(TrainTest, LearnsTheMnistThatKilatDataNames) {
  const Words words = {"train", "--run",     "run", "--train-range", "0:6000", "--validation",
                       "1000",  "--hidden",  "32",  "--batch",       "32",     "--epochs",
                       "2",     "--threads", "1",   "--quiet",       "--json"};
  const json result = parse(run(words, {.environment = {{"KILAT_DATA", mnist_folder()}}}));
  EXPECT_EQ(result["network"], "784-32-10");
  EXPECT_EQ(result["train_samples"], 5000);
  EXPECT_EQ(result["validation_samples"], 1000);
  EXPECT_GT(result["test_accuracy"], 0.85);
}

}  // namespace
}  // namespace kilat
