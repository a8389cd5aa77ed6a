#include "cli/cli_test.h"

namespace kilat {
namespace {

using nlohmann::json;
using testing::HasSubstr;

class EvalTest : public CliTest {
 protected:
  json eval(Words more = {}) const {
    Words words = {"eval", "run/model.safetensors", "--data", "data", "--json"};
    words.insert(words.end(), more.begin(), more.end());
    return parse(run(words));
  }
};

TEST_F(EvalTest, AgreesWithTheScoreThatTrainingReported) {
  const json trained = train_json({"--epochs", "1"});
  const json test = eval();
  EXPECT_EQ(test["samples"], kTest);
  EXPECT_DOUBLE_EQ(test["accuracy"], trained["test_accuracy"]);
  EXPECT_NEAR(test["loss"], trained["test_loss"], 1e-6);
  const json train = eval({"--part", "train"});
  EXPECT_EQ(train["samples"], kTrain);
  EXPECT_DOUBLE_EQ(train["accuracy"], trained["train_accuracy"]);
}

TEST_F(EvalTest, TheConfusionMatrixAddsUp) {
  train_json({"--epochs", "1"});
  const json result = eval();
  std::size_t hits = 0;
  std::size_t all = 0;
  ASSERT_EQ(result["confusion"].size(), kClasses);
  for (std::size_t truth = 0; truth < kClasses; ++truth) {
    const json& row = result["confusion"][truth];
    ASSERT_EQ(row.size(), kClasses);
    std::size_t support = 0;
    for (const json& count : row) support += count.get<std::size_t>();
    EXPECT_EQ(support, kTest / kClasses);
    EXPECT_EQ(result["per_class"][truth]["label"], truth);
    EXPECT_EQ(result["per_class"][truth]["support"], support);
    EXPECT_DOUBLE_EQ(result["per_class"][truth]["recall"],
                     row[truth].get<double>() / static_cast<double>(support));
    hits += row[truth].get<std::size_t>();
    all += support;
  }
  EXPECT_EQ(all, kTest);
  EXPECT_EQ(result["errors"], kTest - hits);
  EXPECT_DOUBLE_EQ(result["accuracy"], static_cast<double>(hits) / static_cast<double>(kTest));
}

TEST_F(EvalTest, CountsRowsByTheTrueClass) {
  train_json({"--epochs", "30"});  // every class is recognised
  std::filesystem::create_directory(folder / "ones");
  Dataset ones = make_dataset(30, {6, 6}, kClasses, 0, 2);
  std::fill(ones.labels.begin(), ones.labels.end(), std::uint8_t{1});
  write_part(folder / "ones", Part::test, ones);
  const json result = eval({"--data", "ones"});
  EXPECT_EQ(result["confusion"], (json{{0, 0, 0}, {10, 10, 10}, {0, 0, 0}}));
  EXPECT_EQ(result["errors"], 20);
  EXPECT_TRUE(result["per_class"][0]["recall"].is_null());  // none to be recognised
}

TEST_F(EvalTest, PrintsATableForPeople) {
  train_json({"--epochs", "30"});
  const Outcome outcome = run({"eval", "run/model.safetensors", "--data", "data"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.err, "");
  EXPECT_THAT(outcome.out, HasSubstr("30 samples"));
  EXPECT_THAT(outcome.out, HasSubstr("accuracy 100.00 %"));
  EXPECT_THAT(outcome.out, HasSubstr("true \\ predicted"));
}

TEST_F(EvalTest, TheReferenceBackendAgrees) {
  train_json({"--epochs", "1"});
  const json cpu = eval({"--device", "cpu"});
  const json reference = eval({"--device", "reference"});
  EXPECT_NEAR(reference["loss"], cpu["loss"], 1e-5);
  EXPECT_EQ(reference["confusion"], cpu["confusion"]);
}

TEST_F(EvalTest, InfoDescribesTheModel) {
  const json trained = train_json({"--seed", "3"});
  const json info = parse(run({"info", "run/model.safetensors", "--json"}));
  EXPECT_EQ(info["network"], "36-8-3");
  EXPECT_EQ(info["parameters"], 36 * 8 + 8 + 8 * 3 + 3);
  EXPECT_EQ(info["image_shape"], (json{6, 6}));
  EXPECT_EQ(info["classes"], (json{0, 1, 2}));
  EXPECT_EQ(info["weights_sha256"], trained["weights_sha256"]);
  EXPECT_EQ(info["metadata"]["seed"], "3");
}

TEST_F(EvalTest, InfoDescribesTheBuildEvenWithoutData) {
  const json info = parse(run({"info", "--json"}, {.environment = {{"KILAT_DATA", "/missing"}}}));
  EXPECT_EQ(info["device"], "cpu");
  EXPECT_TRUE(info["data"].is_null());
  const Outcome text = run({"info"});
  EXPECT_EQ(text.exit_code, 0);
  EXPECT_THAT(text.out, HasSubstr("kilat"));
}

}  // namespace
}  // namespace kilat
