// The kilat program with an emulated GPU: which device it takes and why, and a run from data to
// predictions on it.
#include "support/program.h"

#include <csignal>
#include <fstream>
#include <nlohmann/json.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/idx_files.h"
#include "support/temp_folder.h"

namespace kilat {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using Words = std::vector<std::string>;

class ProgramTest : public testing::Test {
 protected:
  ProgramTest() {
    write_part(folder_.path(), Part::train, make_dataset(300, {6, 6}, 4, 0, 1));
    write_part(folder_.path(), Part::test, make_dataset(80, {6, 6}, 4, 0, 2));
  }

  // On the folder's data where the command takes any.
  Outcome run(Words words, const std::map<std::string, std::string>& environment = {}) {
    return run_kilat(words, {.folder = folder_.path(), .environment = environment});
  }
  Outcome train(const Words& more, const std::map<std::string, std::string>& environment = {}) {
    Words words = {"train", "--data",       ".",    "--hidden", "8",  "--batch", "32", "--epochs",
                   "3",     "--validation", "none", "--run",    "run"};
    words.insert(words.end(), more.begin(), more.end());
    return run(words, environment);
  }

  TempFolder folder_;
};

TEST_F(ProgramTest, AutoTakesTheGpuAndSaysSo) {
  const Outcome outcome = train({});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("cuda:0"), HasSubstr("Emulated GPU"),
                                 HasSubstr("the first usable GPU")));
}

TEST_F(ProgramTest, WithoutAUsableGpuAutoTakesTheCpuAndSaysWhyAndCudaIsAnError) {
  struct Case {
    std::map<std::string, std::string> driver;
    std::string reason;
  };
  for (const Case& c : std::vector<Case>{
           {{{"KILAT_FAKE_GPUS", "0"}}, "the NVIDIA driver sees no GPU"},
           {{{"KILAT_FAKE_CUDA", "12040"}},
            "the NVIDIA driver is too old: it serves CUDA 12.4, this build needs "}}) {
    const Outcome by_itself = train({}, c.driver);
    EXPECT_EQ(by_itself.exit_code, 0);
    EXPECT_THAT(by_itself.err, AllOf(HasSubstr("cpu: "), HasSubstr(c.reason)));
    const Outcome asked = train({"--device", "cuda"}, c.driver);
    EXPECT_EQ(asked.exit_code, 2);
    EXPECT_THAT(asked.err,
                AllOf(HasSubstr("--device cuda: " + c.reason), HasSubstr("--device cpu")));
    EXPECT_EQ(std::count(asked.err.begin(), asked.err.end(), '\n'), 1);
    EXPECT_THAT(run({"info", "--devices"}, c.driver).out, HasSubstr(c.reason));
  }
}

TEST_F(ProgramTest, AGpuThatIsNotThereIsAnError) {
  const Outcome outcome = train({"--device", "cuda:3"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("--device cuda:3: there is no such GPU, of 1 in all"));
}

TEST_F(ProgramTest, InfoListsTheDevices) {
  const Outcome text = run({"info", "--devices"});
  EXPECT_THAT(text.out, AllOf(HasSubstr("cpu "), HasSubstr("cuda:0   Emulated GPU, "),
                              HasSubstr("compute capability 9.0"), HasSubstr("driver for 13.0")));
  const auto json = nlohmann::json::parse(run({"info", "--devices", "--json"}).out);
  EXPECT_EQ(json["gpus"][0]["device"], "cuda:0");
  EXPECT_EQ(json["gpus"][0]["usable"], true);
  EXPECT_EQ(json["cuda_driver"], 13000);
}

TEST_F(ProgramTest, RunsOnTheGpuAreRepeatableAndTheirModelsWorkAnywhere) {
  const auto first =
      nlohmann::json::parse(train({"--device", "cuda", "--engine", "composed", "--json"}).out);
  const auto again = nlohmann::json::parse(
      train({"--device", "cuda:0", "--no-graph", "--sync", "--json", "--run", "again"}).out);
  EXPECT_EQ(first["weights_sha256"], again["weights_sha256"]);
  EXPECT_GT(first["test_accuracy"], 0.5);
  std::vector<nlohmann::json> scores;
  for (const char* device : {"cuda", "cpu"}) {
    scores.push_back(nlohmann::json::parse(
        run({"eval", "run/model.safetensors", "--data", ".", "--device", device, "--json"}).out));
  }
  EXPECT_EQ(scores[0]["confusion"], scores[1]["confusion"]);
  EXPECT_NEAR(scores[0]["loss"].get<double>(), scores[1]["loss"].get<double>(), 1e-5);
}

TEST_F(ProgramTest, TheResidentEngineTrainsWhatItTakesAndAutoSaysWhyItDoesNot) {
  const Outcome taken = train({"--device", "cuda", "--json"});
  EXPECT_THAT(taken.err, HasSubstr(", engine resident, arithmetic 1"));
  const Outcome portable = train({"--device", "portable", "--json", "--run", "portable"});
  EXPECT_EQ(nlohmann::json::parse(taken.out)["weights_sha256"],
            nlohmann::json::parse(portable.out)["weights_sha256"]);
  struct Case {
    Words options;
    std::string engine;
  };
  std::size_t runs = 0;
  for (const Case& c :
       {Case{{"--hidden", "4033"}, "composed (a layer of 4033 units, at most 4032)"},
        Case{{"--precision", "tf32"}, "composed (--precision tf32 or bf16)"},
        Case{{"--first-layer", "fp32"}, "composed (--first-layer fp32)"},
        Case{{"--first-layer", "whole"}, "resident, arithmetic 1"},
        Case{{"--no-graph"}, "composed (--no-graph)"}, Case{{"--sync"}, "composed (--sync)"},
        Case{{"--engine", "composed"}, "composed"}}) {
    const std::string folder = "other-" + std::to_string(runs++);
    Words words = {"--device", "cuda", "--epochs", "1", "--run", folder};
    words.insert(words.end(), c.options.begin(), c.options.end());
    const Outcome outcome = train(words);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr(", engine " + c.engine + "\n"));
    std::ifstream file(folder_.path() / folder / "manifest.json");
    const auto manifest = nlohmann::json::parse(file);
    EXPECT_EQ(manifest["device"]["engine"], c.engine);
  }
}

TEST_F(ProgramTest, AResumedRunKeepsItsEngine) {
  const auto interrupted = [&](const Words& words) {
    Program program(words, {.folder = folder_.path()});
    program.await("epoch iteration");
    program.send(SIGINT);
    const Outcome outcome = program.finish();
    EXPECT_EQ(outcome.exit_code, 130) << outcome.err;
    return outcome.err;
  };
  struct Case {
    Words options;
    std::string engine;
  };
  for (const Case& c : {Case{{"--run", "resident"}, "resident, arithmetic 1"},
                        Case{{"--run", "composed", "--no-graph"}, "composed (as the run began)"}}) {
    Words words = {"train",    "--data",   ".",        "--validation", "none",
                   "--hidden", "8",        "--epochs", "9999",         "--eval-epochs",
                   "2",        "--device", "cuda",     "--no-quiet"};
    words.insert(words.end(), c.options.begin(), c.options.end());
    interrupted(words);
    const std::string err = interrupted(
        {"train", "--resume", c.options[1], "--data", ".", "--device", "cuda", "--no-quiet"});
    EXPECT_THAT(err, HasSubstr(", engine " + c.engine + "\n"));
  }
}

TEST_F(ProgramTest, SeedsAtOnceHaveTheBitsThatTheyHaveAloneAndThoseOfPortable) {
  const auto all = nlohmann::json::parse(train({"--device", "cuda", "--seeds", "4", "--json"}).out);
  EXPECT_EQ(all["at_once"], 4);
  ASSERT_EQ(all["runs"].size(), 4U);
  for (const auto& one : all["runs"]) {
    const std::string seed = std::to_string(one["seed"].get<int>());
    for (const Words& device :
         {Words{"--device", "cuda", "--engine", "resident"}, Words{"--device", "portable"}}) {
      Words words = {"--seed", seed, "--run", "alone-" + seed + device[1], "--json"};
      words.insert(words.end(), device.begin(), device.end());
      const auto alone = nlohmann::json::parse(train(words).out);
      EXPECT_EQ(alone["weights_sha256"], one["weights_sha256"]) << seed << " " << device[1];
    }
  }
}

TEST_F(ProgramTest, VerifyAndBenchCompareTheGpuWithTheCpu) {
  const Words small = {"--data", ".", "--validation", "none", "--hidden", "8", "--batch", "32"};
  Words verify = {"verify", "--device", "cuda", "--steps", "5"};
  verify.insert(verify.end(), small.begin(), small.end());
  const Outcome agreed = run(verify);
  EXPECT_EQ(agreed.exit_code, 0) << agreed.out << agreed.err;
  EXPECT_THAT(agreed.out, HasSubstr("\nengine resident, arithmetic 1\n"));
  verify.insert(verify.end(), {"--engine", "composed", "--json"});
  const auto composed = nlohmann::json::parse(run(verify).out);
  EXPECT_EQ(composed["engine"], "composed");
  EXPECT_EQ(composed["passed"], true);
  Words bench = {"bench", "--compare", "cpu,cuda", "--epochs", "3", "--json"};
  bench.insert(bench.end(), small.begin(), small.end());
  const Outcome compared = run(bench);
  EXPECT_EQ(compared.exit_code, 0) << compared.err;
  const auto json = nlohmann::json::parse(compared.out);
  ASSERT_EQ(json.size(), 2U);
  EXPECT_THAT(json[1]["device"].get<std::string>(), HasSubstr("cuda"));
  EXPECT_EQ(json[0]["engine"], nullptr);
  EXPECT_EQ(json[1]["engine"], "resident, arithmetic 1");
}

TEST_F(ProgramTest, BenchPrintsTheClocksOfTheResidentEngine) {
  const Outcome clocks =
      run({"bench", "--data", ".", "--validation", "none", "--hidden", "8", "--batch", "32",
           "--device", "cuda", "--engine", "resident", "--clocks", "--epochs", "1"});
  EXPECT_EQ(clocks.exit_code, 0) << clocks.err;
  EXPECT_THAT(clocks.out, ::testing::ContainsRegex("gather\\+forward\\+backward\\+update +[0-9]"));
  EXPECT_THAT(clocks.out, ::testing::ContainsRegex("clocks of a step, of the first block\n"
                                                   "  digits +[0-9]"));
}

}  // namespace
}  // namespace kilat
