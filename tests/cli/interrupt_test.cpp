#include <sstream>

#include <kilat/model_file.h>

#include "cli/cli_test.h"

namespace kilat {
namespace {

using nlohmann::json;
using testing::HasSubstr;

class InterruptTest : public CliTest {
 protected:
  // A run that is long enough to be caught in its middle, with all that a checkpoint must keep:
  // momentum, a schedule, shuffles.
  static Words long_run(const Words& more = {}) {
    Words words = train_words({"--hidden", "64", "--epochs", "8000", "--eval-epochs", "800", "--lr",
                               "0.02", "--seed", "11", "--validation", "0.2", "--no-restore-best",
                               "--no-quiet", "--json"});
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }

  Outcome interrupt(const Words& words, int signal = SIGINT) const {
    Program program(words, {.folder = folder.path()});
    program.await("epoch iteration");  // the first evaluation
    program.send(signal);
    return program.finish();
  }

  // The command that an interrupted run names to go on, without the leading "kilat".
  static Words next_command(const std::string& err) {
    const std::string mark = "go on with: kilat ";
    const auto begin = err.find(mark);
    EXPECT_NE(begin, std::string::npos) << err;
    std::istringstream line(err.substr(begin + mark.size()));
    Words words;
    for (std::string word; line >> word;) words.push_back(word);
    return words;
  }
};

TEST_F(InterruptTest, FinishesTheIterationSavesAndExitsWith130) {
  for (const int signal : {SIGINT, SIGTERM}) {
    const Outcome outcome = interrupt(long_run(), signal);
    EXPECT_EQ(outcome.signal, 0);
    const json result = parse(outcome, 130);
    EXPECT_EQ(result["stop_reason"], "interrupted");
    EXPECT_GT(result["iterations"], 0);
    EXPECT_LT(result["iterations"], 48000);
    for (const char* name : {"run/model.safetensors", "run/history.csv"}) {
      EXPECT_THAT(outcome.err, HasSubstr(name));
      EXPECT_TRUE(contents().contains(name));
    }
    EXPECT_TRUE(contents().contains("run/checkpoint.safetensors"));
    EXPECT_EQ(weights_sha256(load_model(folder / "run/model.safetensors").network),
              result["weights_sha256"]);
    EXPECT_EQ(parse(run({"eval", "run/model.safetensors", "--data", "data", "--json"}))["accuracy"],
              result["test_accuracy"]);
  }
}

TEST_F(InterruptTest, ARunResumedTwiceEndsWithTheBitsOfOneNeverInterrupted) {
  const json whole = parse(run(long_run({"--run", "whole"})));
  ASSERT_EQ(whole["stop_reason"], "completed");
  const Outcome first = interrupt(long_run());
  ASSERT_EQ(first.exit_code, 130);
  Words resume = next_command(first.err);
  const Outcome second = interrupt(resume);
  ASSERT_EQ(second.exit_code, 130) << second.err;
  resume = next_command(second.err);
  resume.push_back("--json");
  const json resumed = parse(run(resume));
  EXPECT_EQ(resumed["stop_reason"], "completed");
  for (const char* name : {"weights_sha256", "iterations", "epochs", "train_loss",
                           "validation_accuracy", "test_accuracy", "seed", "network", "recipe"}) {
    EXPECT_EQ(resumed[name], whole[name]) << name;
  }
  EXPECT_EQ(std::ranges::count(text_of("run/history.csv"), '\n'),
            std::ranges::count(text_of("whole/history.csv"), '\n'));
  EXPECT_FALSE(contents().contains("run/checkpoint.safetensors"));
}

// The model's normalisation and classes are not the recipe's.
TEST_F(InterruptTest, ARunThatBeganWithAModelResumesWithWhatThatModelIs) {
  ASSERT_EQ(train({"--hidden", "64", "--normalise", "standard", "--model", "first"}).exit_code, 0);
  const Words words = long_run({"--init-from", "first", "--epochs", "3000"});
  Words whole = words;
  whole.insert(whole.end(), {"--run", "whole"});
  Words resume = next_command(interrupt(words).err);
  resume.push_back("--json");
  EXPECT_EQ(parse(run(resume))["weights_sha256"], parse(run(whole))["weights_sha256"]);
}

TEST_F(InterruptTest, TheResumeCommandKeepsWhereDataAndModelAre) {
  std::filesystem::rename(folder / "data", folder / "my data");
  const Outcome outcome = interrupt(long_run({"--data", "my data", "--model", "it's"}));
  EXPECT_THAT(outcome.err, HasSubstr("go on with: kilat train --resume run --data 'my data' "
                                     "--model 'it'\\''s' --threads 1\n"));
}

TEST_F(InterruptTest, ACheckpointFileResumesIntoARunOfItsOwn) {
  ASSERT_EQ(interrupt(long_run({"--epochs", "1000000"})).exit_code, 130);
  const auto before = contents();
  const Outcome outcome = interrupt({"train", "--resume", "run/checkpoint.safetensors", "--data",
                                     "data", "--threads", "1", "--run", "next"});
  EXPECT_EQ(outcome.exit_code, 130);
  EXPECT_TRUE(contents().contains("next/checkpoint.safetensors"));
  EXPECT_TRUE(contents().contains("run/checkpoint.safetensors"));
}

TEST_F(InterruptTest, QuietRunsSayWhereTheyStopped) {
  Program program(long_run({"--quiet", "--epochs", "1000000"}), {.folder = folder.path()});
  while (!contents().contains("run")) usleep(1000);  // made just before the first iteration
  program.send(SIGINT);
  const Outcome outcome = program.finish();
  EXPECT_EQ(outcome.exit_code, 130);
  EXPECT_THAT(outcome.err, testing::StartsWith("kilat: interrupted at iteration "));
}

TEST_F(InterruptTest, EndsARunOfManySeeds) {
  const Outcome outcome = interrupt(long_run({"--seeds", "1000"}));
  const json result = parse(outcome, 130);
  EXPECT_LT(result["runs"].size(), 1000U);
  EXPECT_EQ(result["runs"].back()["stop_reason"], "interrupted");
  EXPECT_THAT(outcome.err, HasSubstr("--resume run/seed-"));
}

}  // namespace
}  // namespace kilat
