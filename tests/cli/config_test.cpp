#include "cli/cli_test.h"
#include "cli/config_file.h"
#include "support/expect_error.h"
#include "train/recipe_fields.h"

namespace kilat {
namespace {

using nlohmann::json;
using testing::HasSubstr;

class ConfigTest : public CliTest {
 protected:
  // What --print-config writes for these options.
  std::string config(Words words) const {
    if (words.empty() || words.front() != "train") words.insert(words.begin(), "train");
    words.push_back("--print-config");
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_EQ(outcome.err, "");
    return outcome.out;
  }

  void expect_bad_config(const std::string& text, std::initializer_list<std::string> words) const {
    write_text("c.toml", text);
    expect_failure({"train", "--config", "c.toml"}, 2, words);
  }
};

TEST_F(ConfigTest, PrintConfigGivesEveryOptionOfTheRecipeAndMakesNothing) {
  const auto before = contents();
  const std::string text = config({"--recipe", "report"});
  for (const RecipeField& field : recipe_fields()) EXPECT_THAT(text, HasSubstr(field.name + " = "));
  EXPECT_THAT(text, HasSubstr("recipe = \"report\"\n"));
  EXPECT_THAT(text, HasSubstr("batch = \"full\"\n"));
  EXPECT_THAT(text, HasSubstr("lr = 0.01\n"));
  EXPECT_EQ(contents(), before);
}

TEST_F(ConfigTest, APrintedConfigReadsBackAsItself) {
  const std::vector<Words> all = {
      {},
      {"--recipe", "report"},
      {"--recipe", "report-as-published"},
      {"--hidden", "none"},
      {"--hidden", "300,100,50", "--lr", "1e-05", "--seed", "18446744073709551615"},
      {"--iterations", "77"},
      {"--epochs", "3", "--iterations", "77"},
      {"--data", "a \"b\" \\ 'c' # = [d], e\n\tf ü", "--model", "007", "--run", "true"},
      {"--no-nesterov", "--no-restore-best", "--json", "--quiet", "--threads", "3"},
      {"--validation", "last:2000", "--train-range", "5:10", "--normalise", "standard"}};
  for (const Words& words : all) {
    const std::string text = config(words);
    write_text("c.toml", text);
    EXPECT_EQ(config({"--config", "c.toml"}), text);
  }
}

TEST_F(ConfigTest, TheConfigOverridesTheRecipeAndTheCommandLineBoth) {
  write_text("c.toml", "recipe = \"report\"\nlr = 0.5\nseed = 3\n");
  EXPECT_EQ(config({"--config", "c.toml"}),
            config({"--recipe", "report", "--lr", "0.5", "--seed", "3"}));
  EXPECT_EQ(config({"--config", "c.toml", "--seed", "4"}),
            config({"--recipe", "report", "--lr", "0.5", "--seed", "4"}));
  EXPECT_EQ(config({"--config", "c.toml", "--recipe", "mnist"}),
            config({"--lr", "0.5", "--seed", "3"}));
}

TEST_F(ConfigTest, IterationsReplaceTheRecipesEpochsAndTheOtherWayRound) {
  EXPECT_THAT(config({"--iterations", "5"}), HasSubstr("epochs = \"none\"\niterations = 5\n"));
  write_text("c.toml", "iterations = 5\n");
  EXPECT_THAT(config({"--config", "c.toml", "--epochs", "2"}),
              HasSubstr("epochs = 2\niterations = \"none\"\n"));
  EXPECT_THAT(config({"--epochs", "2", "--iterations", "5"}),
              HasSubstr("epochs = 2\niterations = 5\n"));
  EXPECT_THAT(config({"--iterations", "none"}), HasSubstr("epochs = 10\niterations = \"none\"\n"));
}

TEST_F(ConfigTest, AConfigTrainsAsTheSameOptionsDo) {
  const json by_options = train_json({"--hidden", "9,7", "--seed", "2"});
  write_text("c.toml", config(train_words({"--hidden", "9,7", "--seed", "2", "--json"})));
  const json by_config = parse(run({"train", "--config", "c.toml"}));
  EXPECT_EQ(by_config["weights_sha256"], by_options["weights_sha256"]);
}

TEST_F(ConfigTest, TakesTheFormsOfToml) {
  write_text("c.toml",
             "# a comment\r\n"
             "hidden = [300, 100]  # an array\r\n"
             "\t\"batch\" = 'full'\n"
             "data = \"tab\\there \\u0041\"\n"
             "init-scale = +0.25\n"
             "nesterov = false\n"
             "\n"
             "learning-rate=1.25e-1");
  const std::string text = config({"--config", "c.toml"});
  for (const char* line :
       {"hidden = \"300,100\"\n", "batch = \"full\"\n", "lr = 0.125\n", "init-scale = 0.25\n",
        "nesterov = false\n", "data = \"tab\there A\"\n"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
  write_text("c.toml", "hidden = [ # over\n  30,\n  20, # lines\n]\nseed = 5\n");
  EXPECT_THAT(config({"--config", "c.toml"}), HasSubstr("hidden = \"30,20\"\n"));
  write_text("c.toml", "hidden = 64\n");
  EXPECT_THAT(config({"--config", "c.toml"}), HasSubstr("hidden = 64\n"));
}

TEST_F(ConfigTest, RefusesWhatIsNotTomlAndNamesFileAndLine) {
  expect_bad_config("seed = 1\nhello\n", {"c.toml:2: "});
  expect_bad_config("hello world\n", {"c.toml:1: ", "KEY = VALUE"});
  expect_bad_config("= 3\n", {"c.toml:1: "});
  expect_bad_config("seed =\n", {"c.toml:1: "});
  expect_bad_config("seed = 1 2\n", {"c.toml:1: "});
  expect_bad_config("seed = one\n", {"c.toml:1: ", "string"});
  expect_bad_config("seed = 01\n", {"c.toml:1: "});
  expect_bad_config("data = \"open\n", {"c.toml:1: "});
  expect_bad_config("data = 'open", {"c.toml:1: "});
  expect_bad_config("data = \"C:\\data\"\n", {"c.toml:1: ", "\\\\"});
  expect_bad_config("data = \"\\", {"c.toml:1: "});
  expect_bad_config("data = \"\\u00", {"c.toml:1: "});
  expect_bad_config("hidden = [1, 2\nseed = 3\n", {"c.toml:2: "});
  expect_bad_config("hidden = [1 2]\n", {"c.toml:1: "});
  expect_bad_config("hidden = [[1], 2]\n", {"c.toml:1: "});
  expect_bad_config("hidden = [", {"c.toml:1: "});
  expect_bad_config("[train]\nseed = 3\n", {"c.toml:1: ", "[tables]"});
  expect_bad_config("seed = 1\nseed = 2\n", {"c.toml:2: ", "seed", "twice"});
  expect_bad_config(std::string("seed\0 = 1\n", 10), {"c.toml:1: "});
  expect_bad_config(
      "\x7f"
      "ELF\x02\x01\n",
      {"c.toml:1: "});
}

TEST_F(ConfigTest, RefusesUnknownKeysAndWrongTypesAndNamesFileAndLine) {
  expect_bad_config("seed = 1\n\nsede = 2\n", {"c.toml:3: ", "sede"});
  expect_bad_config("epochs = \"ten\"\n", {"c.toml:1: ", "--epochs", "ten"});
  expect_bad_config("epochs = true\n", {"c.toml:1: ", "--epochs"});
  expect_bad_config("epochs = 1.5\n", {"c.toml:1: ", "--epochs"});
  expect_bad_config("epochs = [1, 2]\n", {"c.toml:1: ", "--epochs"});
  expect_bad_config("nesterov = 1\n", {"c.toml:1: ", "--nesterov"});
  expect_bad_config("quiet = 3\n", {"c.toml:1: ", "--quiet"});
  expect_bad_config("hidden = [300, true]\n", {"c.toml:1: ", "--hidden"});
  expect_bad_config("lr = 0.1\nlearning-rate = 0.2\n", {"c.toml:2: ", "lr", "same option"});
  expect_bad_config("batch = 0\n", {"c.toml:1: ", "--batch"});
  expect_bad_config("print-config = true\n", {"c.toml:1: ", "print-config"});
  expect_bad_config("recipe = \"nope\"\n", {"--recipe nope", "mnist"});
}

TEST_F(ConfigTest, RefusesAFileThatCannotBeRead) {
  expect_failure({"train", "--config", "missing.toml"}, 2, {"missing.toml", "no such file"});
  expect_failure({"train", "--config", "data"}, 2, {"data", "folder"});
  write_bytes(folder / "large.toml", Bytes((std::size_t{1} << 20) + 1, '#'));
  expect_failure({"train", "--config", "large.toml"}, 2, {"large.toml", "megabyte"});
}

// Any bytes at all: an error with the file's name, or values.
TEST(ParseConfigTest, SurvivesEveryCutAndEveryChangedByte) {
  const std::string text = "a = \"x\\u0041\\n\"\nb = [1, 'y', true] # c\n\"d\" = -1.5e+3\r\n";
  EXPECT_EQ(parse_config(text, "f").at("b").text, "1,y,true");
  for (std::size_t i = 0; i <= text.size(); ++i) {
    for (int byte = -1; byte < 256; ++byte) {
      std::string changed = text.substr(0, i);
      if (byte >= 0 && i < text.size()) {
        changed = text;
        changed[i] = static_cast<char>(byte);
      }
      try {
        parse_config(changed, "f");
      } catch (const Error& error) {
        EXPECT_THAT(error.what(), testing::StartsWith("f:"));
      }
    }
  }
}

}  // namespace
}  // namespace kilat
