#include "cli/cli_test.h"

namespace kilat {
namespace {

using nlohmann::json;
using testing::HasSubstr;

class VerifyTest : public CliTest {
 protected:
  static Words words(const Words& more = {}) {
    Words all = {"verify", "--data",    "data", "--validation", "none", "--hidden", "8", "--batch",
                 "16",     "--threads", "1",    "--device",     "cpu"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
};

TEST_F(VerifyTest, TheCpuAgreesWithTheReference) {
  const json result = parse(run(words({"--steps", "9", "--json"})));
  EXPECT_EQ(result["device"], "cpu");
  EXPECT_EQ(result["against"], "reference");
  EXPECT_EQ(result["network"], "36-8-3");
  EXPECT_EQ(result["batch"], 16);
  EXPECT_EQ(result["steps"], 9);
  EXPECT_EQ(result["passed"], true);
  EXPECT_TRUE(result["first_out_of_tolerance"].is_null());
  Words tensors;
  for (const json& t : result["tensors"]) {
    tensors.push_back(t["tensor"]);
    EXPECT_EQ(t["within"], true);
    EXPECT_GT(t["tolerance"], 0);
    EXPECT_GE(t["ulps"], 0);
    EXPECT_LT(t["relative"], 1e-4);
  }
  EXPECT_EQ(tensors, (Words{"0.weight", "0.bias", "2.weight", "2.bias", "0.weight velocity",
                            "0.bias velocity", "2.weight velocity", "2.bias velocity"}));
  EXPECT_EQ(result["evaluation"]["samples"], kTest);
}

TEST_F(VerifyTest, PrintsATableOfAtMost80Columns) {
  const Outcome outcome = run(words({"--hidden", "8,7,6"}));
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.err, "");
  EXPECT_THAT(outcome.out, HasSubstr("36-8-7-6-3 on 120 samples, batch 16, 20 steps"));
  EXPECT_THAT(outcome.out, HasSubstr("6.weight velocity"));
  EXPECT_THAT(outcome.out, HasSubstr("cpu agrees with reference"));
  EXPECT_LE(longest_line(outcome.out.substr(outcome.out.find("tensor"))), 80U);
}

TEST_F(VerifyTest, LeavesNothingBehind) {
  const auto before = contents();
  run(words());
  EXPECT_EQ(contents(), before);
}

TEST_F(VerifyTest, ARunThatDivergesSaysSo) {
  expect_failure(words({"--lr", "1e38"}), 1, {"diverges at step", "--lr"});
}

TEST_F(VerifyTest, TheReferenceIsNotHeldToItself) {
  expect_failure(words({"--device", "reference"}), 2, {"--device reference", "cpu"});
}

TEST_F(VerifyTest, BadOptionsAreNamed) {
  expect_failure(words({"--steps", "0"}), 2, {"--steps"});
  expect_failure(words({"--steps", "many"}), 2, {"--steps"});
  expect_failure(words({"--lr", "-1"}), 2, {"--lr"});
  expect_failure(words({"--recipe", "mnits"}), 2, {"--recipe mnits", "mnist"});
  expect_failure(words({"--epochs", "3"}), 2, {"--epochs", "kilat verify --help"});
  expect_failure(words({"--data", "nowhere"}), 2, {"nowhere"});
  expect_failure(words({"--hidden", "99999999999"}), 1, {"memory"});
}

TEST_F(VerifyTest, ImagesOfAnotherSizeAreRefused) {
  write_part(folder / "data", Part::test, make_dataset(kTest, {7, 7}, kClasses, 0, 2));
  expect_failure(words(), 2, {"49 pixels", "36"});
}

}  // namespace
}  // namespace kilat
