// kilat train --seeds: runs at once and in turn.
#include "cli/cli_test.h"

namespace kilat {
namespace {

using nlohmann::json;
using testing::HasSubstr;

class SeedsTest : public CliTest {};

TEST_F(SeedsTest, GiveMedianAndSpread) {
  const json result = train_json({"--seeds", "3", "--seed", "4"});
  ASSERT_EQ(result["runs"].size(), 3U);
  std::vector<double> accuracies;
  for (const json& one : result["runs"]) accuracies.push_back(one["test_loss"]);
  std::sort(accuracies.begin(), accuracies.end());
  EXPECT_EQ(result["test_loss"]["median"], accuracies[1]);
  EXPECT_EQ(result["test_loss"]["min"], accuracies[0]);
  EXPECT_EQ(result["test_loss"]["max"], accuracies[2]);
  for (const char* seed : {"4", "5", "6"}) {
    EXPECT_TRUE(contents().contains(std::string("run/seed-") + seed + "/model.safetensors"));
  }
}

TEST_F(SeedsTest, AtOnceHaveTheBitsOfOneThread) {
  const json result = train_json({"--device", "cpu", "--threads", "2", "--seeds", "4"});
  EXPECT_EQ(result["at_once"], 2);
  for (const json& one : result["runs"]) {
    EXPECT_EQ(one["threads"], 1);
    const std::string seed = std::to_string(one["seed"].get<int>());
    const json alone = train_json({"--threads", "1", "--seed", seed, "--run", "alone-" + seed});
    EXPECT_EQ(alone["weights_sha256"], one["weights_sha256"]);
  }
}

TEST_F(SeedsTest, AtOnceSayWhatTheyAre) {
  const Outcome outcome =
      train({"--device", "cpu", "--threads", "2", "--seeds", "2", "--seed", "4", "--no-quiet"});
  EXPECT_THAT(outcome.err, HasSubstr("2 seeds, 2 at once, each with the bits of --threads 1\n"));
  EXPECT_THAT(outcome.err, HasSubstr("seed 4: mnist: 36-8-3 on 120 samples"));
  EXPECT_THAT(outcome.err, HasSubstr("seed 5: completed after 24 iterations"));
}

TEST_F(SeedsTest, ThoseThatAreRefusedPrintOneLine) {
  const Outcome outcome = train(
      {"--device", "cpu", "--threads", "2", "--seeds", "4", "--engine", "resident", "--no-quiet"});
  expect_message(outcome, 2, {"kilat: --engine resident: "});
}

TEST_F(SeedsTest, TakeTurnsWhereThreadsWouldBeIdle) {
  const json result = train_json({"--device", "cpu", "--threads", "4", "--seeds", "5"});
  EXPECT_EQ(result["at_once"], 1);
  EXPECT_EQ(result["threads"], 4);
}

TEST_F(SeedsTest, AnErrorOfOneSeedEndsAllWithItsLine) {
  std::filesystem::create_directory(folder / "run");
  write_text("run/seed-5", "no folder");
  const Outcome outcome =
      train({"--device", "cpu", "--threads", "2", "--seeds", "4", "--seed", "4"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("run/seed-5"));
  EXPECT_TRUE(contents().contains("run/seed-4/model.safetensors"));
}

}  // namespace
}  // namespace kilat
