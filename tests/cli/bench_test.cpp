#include "cli/cli_test.h"

namespace kilat {
namespace {

using nlohmann::json;
using testing::HasSubstr;

class BenchTest : public CliTest {
 protected:
  static Words words(const Words& more = {}) {
    Words all = {"bench", "--data",    "data", "--validation", "none", "--hidden", "8", "--lr",
                 "0.1",   "--threads", "1",    "--epochs",     "4"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
};

TEST_F(BenchTest, PrintsAnArrayWithTheFiguresOfADevice) {
  const json all = parse(run(words({"--batch", "16", "--device", "cpu", "--json"})));
  ASSERT_EQ(all.size(), 1U);
  const json& result = all[0];
  EXPECT_EQ(result["device"], "cpu");
  EXPECT_EQ(result["network"], "36-8-3");
  EXPECT_EQ(result["batch"], 16);
  EXPECT_EQ(result["threads"], 1);
  EXPECT_EQ(result["samples"], kTrain);
  EXPECT_EQ(result["epochs"], 4);
  EXPECT_GT(result["samples_per_second"], 0);
  EXPECT_GT(result["gflops"], 0);
  EXPECT_GT(result["peak_gflops"], 0);
  EXPECT_EQ(result["peak_source"], "measured sgemm");
  EXPECT_GT(result["cold_start_seconds"], 0);
  const json& epoch = result["epoch_seconds"];
  EXPECT_GT(epoch["p5"], 0);
  EXPECT_LE(epoch["p5"], epoch["median"]);
  EXPECT_LE(epoch["median"], epoch["p95"]);
  for (const char* phase : {"gather", "forward", "backward+update", "evaluation", "other"}) {
    EXPECT_TRUE(result["phases"].contains(phase)) << phase;
  }
  EXPECT_TRUE(result["until"].is_null());
  EXPECT_TRUE(result["clocks"].is_null());
}

TEST_F(BenchTest, PrintsATableOfAtMost80Columns) {
  const Outcome outcome = run(words({"--compare", "cpu,reference", "--until", "0.5"}));
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.err, "");
  EXPECT_THAT(outcome.out, HasSubstr("36-8-3 on 120 samples, batch full"));
  EXPECT_THAT(outcome.out, HasSubstr("epoch, median"));
  EXPECT_THAT(outcome.out, HasSubstr("backward"));
  EXPECT_THAT(outcome.out, HasSubstr("trained from the start to 50.00 % test accuracy"));
  EXPECT_THAT(outcome.out, HasSubstr("peak of cpu: measured sgemm"));
  EXPECT_THAT(outcome.out, HasSubstr(" times as fast as "));
  EXPECT_LE(longest_line(outcome.out.substr(outcome.out.find("epochs timed"))), 80U);
}

TEST_F(BenchTest, ComparesTwoDevices) {
  const json all = parse(run(words({"--compare", "cpu,reference", "--json"})));
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0]["device"], "cpu");
  EXPECT_EQ(all[1]["device"], "reference");
  EXPECT_TRUE(all[1]["peak_gflops"].is_null());
}

TEST_F(BenchTest, TrainsUntilAnAccuracyIsReached) {
  const json all = parse(run(words({"--until", "0.9", "--batch", "16", "--json"})));
  const json& until = all[0]["until"];
  EXPECT_EQ(until["part"], "test");
  EXPECT_EQ(until["reached"], true);
  EXPECT_GE(until["accuracy"], 0.9);
  EXPECT_GT(until["epochs"], 0);
  EXPECT_GT(until["train_seconds"], 0);
  EXPECT_GE(until["total_seconds"], until["train_seconds"]);
}

TEST_F(BenchTest, AnAccuracyThatIsNotReachedIsSaidToBeSo) {
  const Words never = {"--until", "1", "--lr", "1e-12"};
  EXPECT_THAT(run(words(never)).out, HasSubstr("at best"));
  Words as_json = never;
  as_json.push_back("--json");
  EXPECT_EQ(parse(run(words(as_json)))[0]["until"]["reached"], false);
}

TEST_F(BenchTest, SweepsTheBatchSizes) {
  const Words sweep = {"--sweep", "batch", "--compare", "cpu,reference"};
  const Outcome outcome = run(words(sweep));
  EXPECT_EQ(outcome.exit_code, 0);
  for (const char* text : {"\n     32 ", "\n     64 ", "\n   full ", "ratio", "reference"}) {
    EXPECT_THAT(outcome.out, HasSubstr(text));
  }
  Words as_json = sweep;
  as_json.push_back("--json");
  const json all = parse(run(words(as_json)));
  ASSERT_EQ(all.size(), 6U);
  EXPECT_EQ(all[0]["batch"], 32);
  EXPECT_EQ(all[1]["batch"], 32);
  EXPECT_EQ(all[1]["device"], "reference");
  EXPECT_EQ(all[5]["batch"], kTrain);
  EXPECT_TRUE(all[5]["phases"].is_null());
}

TEST_F(BenchTest, LeavesNothingBehind) {
  const auto before = contents();
  run(words({"--until", "0.5"}));
  EXPECT_EQ(contents(), before);
}

TEST_F(BenchTest, ARunThatDivergesHasNoSpeed) {
  expect_failure(words({"--lr", "1e38"}), 1, {"diverges", "--lr"});
}

TEST_F(BenchTest, BadOptionsAreNamed) {
  expect_failure(words({"--epochs", "0"}), 2, {"--epochs"});
  expect_failure(words({"--warmup", "-1"}), 2, {"--warmup"});
  for (const char* accuracy : {"0", "97", "nan", "high", "-0.5"}) {
    expect_failure(words({"--until", accuracy}), 2, {"--until", "0.97"});
  }
  for (const char* pair : {"cpu", "cpu,", "cpu,cpu,cpu", "cpu,abacus"}) {
    expect_failure(words({"--compare", pair}), 2, {"--"});
  }
  expect_failure(words({"--compare", "cpu,cpu"}), 2, {"--compare cpu,cpu", "twice"});
  expect_failure(words({"--compare", "cpu,reference", "--device", "cpu"}), 2, {"--compare"});
  expect_failure(words({"--sweep", "rate"}), 2, {"--sweep", "batch"});
  expect_failure(words({"--sweep", "batch", "--batch", "16"}), 2, {"--batch"});
  expect_failure(words({"--sweep", "batch", "--until", "0.5"}), 2, {"--until"});
  expect_failure(words({"--clocks"}), 2, {"--clocks", "add --engine resident"});
  expect_failure(words({"--clocks", "--sweep", "batch"}), 2, {"leave out --clocks"});
  expect_failure(words({"--hidden", "99999999999"}), 1, {"memory"});
}

TEST_F(BenchTest, UntilNeedsDataThatAreNotTrainedOn) {
  expect_failure(words({"--train-on", "test", "--until", "0.9"}), 2, {"--until", "--validation"});
}

}  // namespace
}  // namespace kilat
