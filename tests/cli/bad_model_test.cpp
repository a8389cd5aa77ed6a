// Models and checkpoints that are damaged, hostile or of something else.
#include <cmath>

#include <kilat/model_file.h>

#include "cli/cli_test.h"

namespace kilat {
namespace {

class BadModelTest : public CliTest {
 protected:
  void SetUp() override { ASSERT_EQ(train({"--model", "good"}).exit_code, 0); }

  // Every command that reads a model refuses the file `name`.
  void expect_bad_model(const std::string& name, std::initializer_list<std::string> words) const {
    expect_failure({"eval", name, "--data", "data"}, 2, words);
    expect_failure({"predict", name, "data/t10k-images-idx3-ubyte:0"}, 2, words);
    expect_failure({"info", name}, 2, words);
    expect_bad_training({"--init-from", name}, words);
  }
};

TEST_F(BadModelTest, RefusesWhatIsNotAModel) {
  write_text("text", "a few words that are no model at all");
  write_bytes(folder / "empty", Bytes{});
  expect_bad_model("text", {"text: "});
  expect_bad_model("empty", {"empty: "});
  expect_bad_model("missing", {"missing: ", "no such file"});
  expect_bad_model("data", {"data: ", "folder"});
  expect_bad_model("data/train-images-idx3-ubyte", {"train-images"});
}

TEST_F(BadModelTest, RefusesACutModel) {
  const Bytes good = bytes_of("good");
  for (const std::size_t size :
       {std::size_t{7}, std::size_t{8}, good.size() / 3, good.size() - 1}) {
    write_bytes(folder / "cut", std::span(good).first(size));
    expect_bad_model("cut", {"cut: "});
  }
}

TEST_F(BadModelTest, RefusesAHeaderThatClaimsEverything) {
  Bytes bytes = bytes_of("good");
  std::fill_n(bytes.begin(), 8, std::uint8_t{0xff});
  write_bytes(folder / "huge", bytes);
  expect_bad_model("huge", {"huge: "});
}

TEST_F(BadModelTest, RefusesParametersThatAreNotFinite) {
  for (const float odd : {std::nanf(""), HUGE_VALF}) {
    Model model = load_model(folder / "good");
    model.network.parameters[model.network.shapes()[1].weight + 2] = odd;
    save_model(model.network, folder / "odd", model.metadata);
    expect_bad_model("odd", {"odd: ", "layer 2", "diverged"});
  }
}

TEST_F(BadModelTest, RefusesAModelThatDoesNotFitTheData) {
  std::filesystem::create_directory(folder / "other");
  write_part(folder / "other", Part::train, make_dataset(60, {5, 5}, kClasses));
  write_part(folder / "other", Part::test, make_dataset(60, {5, 5}, kClasses));
  expect_failure({"eval", "good", "--data", "other"}, 2, {"25 pixels", "36"});
  expect_bad_training({"--data", "other", "--init-from", "good"}, {"25 pixels", "36"});
}

TEST_F(BadModelTest, RefusesDataWithLabelsThatTheModelDoesNotKnow) {
  std::filesystem::create_directory(folder / "other");
  write_part(folder / "other", Part::train, make_dataset(60, {6, 6}, kClasses + 2));
  write_part(folder / "other", Part::test, make_dataset(60, {6, 6}, kClasses + 2));
  expect_failure({"eval", "good", "--data", "other"}, 2, {"labelled 3"});
  expect_bad_training({"--data", "other", "--init-from", "good"}, {"labelled 3"});
}

// Resuming.

class BadCheckpointTest : public CliTest {
 protected:
  static constexpr const char* kCheckpoint = "run/checkpoint.safetensors";

  // An interrupted run in run/.
  void SetUp() override {
    Words words = train_words({"--no-quiet", "--epochs", "1000000", "--eval-epochs", "20"});
    Program program(words, {.folder = folder.path()});
    program.await("epoch iteration");
    program.send(SIGINT);
    ASSERT_EQ(program.finish().exit_code, 130);
  }

  Words resume(const Words& more = {}) const {
    Words words = {"train", "--resume", "run", "--data", "data", "--threads", "1"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
};

TEST_F(BadCheckpointTest, RefusesADamagedCheckpoint) {
  const Bytes good = bytes_of(kCheckpoint);
  write_bytes(folder / kCheckpoint, std::span(good).first(good.size() / 2));
  expect_failure(resume(), 2, {kCheckpoint});
  write_bytes(folder / kCheckpoint, std::span(good).first(5));
  expect_failure(resume(), 2, {kCheckpoint});
  for (std::size_t i = 8; i < 400; i += 7) {  // its metadata
    Bytes bad = good;
    bad[i] = static_cast<std::uint8_t>(bad[i] ^ 0x55);
    write_bytes(folder / kCheckpoint, bad);
    const Outcome outcome = run(resume({"--device", "nonsense"}));
    EXPECT_EQ(outcome.exit_code, 2) << i << outcome.err;  // never gets to training
    EXPECT_EQ(outcome.signal, 0) << i;
  }
}

TEST_F(BadCheckpointTest, RefusesOtherDataThanTheRunHad) {
  Dataset changed = make_dataset(kTrain, {6, 6}, kClasses);
  changed.pixels[17] = static_cast<std::uint8_t>(changed.pixels[17] ^ 1);
  write_part(folder / "data", Part::train, changed);
  expect_failure(resume(), 2, {"other training data", "--data"});
}

TEST_F(BadCheckpointTest, RefusesAModelAndAFolderWithoutCheckpoint) {
  expect_failure({"train", "--resume", "run/model.safetensors"}, 2,
                 {"run/model.safetensors", "not a checkpoint"});
  expect_failure({"train", "--resume", "data"}, 2, {"--resume data", "checkpoint.safetensors"});
  expect_failure({"train", "--resume", "missing"}, 2, {"missing", "no such file"});
}

TEST_F(BadCheckpointTest, RefusesToChangeTheRecipe) {
  for (const char* name : {"lr", "hidden", "epochs", "seed", "batch"}) {
    expect_failure(resume({std::string("--") + name, "3"}), 2,
                   {"--resume", std::string("leave out --") + name});
  }
  expect_failure(resume({"--recipe", "report"}), 2, {"--resume", "--recipe"});
  expect_failure(resume({"--init-from", "run/model.safetensors"}), 2, {"--resume", "--init-from"});
  expect_failure(resume({"--seeds", "3"}), 2, {"--resume", "--seeds"});
}

}  // namespace
}  // namespace kilat
