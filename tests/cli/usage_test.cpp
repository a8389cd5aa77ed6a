// What people type wrong, and the help they get.
#include "cli/cli_test.h"

namespace kilat {
namespace {

using testing::HasSubstr;

class UsageTest : public CliTest {};

TEST_F(UsageTest, WithoutACommandItNamesThemAndExitsWith2) {
  expect_failure({}, 2, {"train, eval, predict, info, recipes, verify or bench", "kilat --help"});
  expect_failure({"trian"}, 2, {"'trian'", "train, eval, predict, info, recipes, verify or bench"});
  expect_failure({"--frobnicate"}, 2, {"--frobnicate", "kilat --help"});
}

TEST_F(UsageTest, HelpGoesToStdoutInAtMost100Columns) {
  const std::vector<Words> commands = {{},       {"train"},   {"eval"},   {"predict"},
                                       {"info"}, {"recipes"}, {"verify"}, {"bench"}};
  for (Words words : commands) {
    words.push_back("--help");
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.exit_code, 0);
    EXPECT_EQ(outcome.err, "");
    EXPECT_THAT(outcome.out, HasSubstr("Usage: kilat"));
    EXPECT_LE(longest_line(outcome.out), 100U) << words.front();
    EXPECT_THAT(outcome.out, testing::Not(HasSubstr("\n\n\n"))) << words.front();
  }
}

TEST_F(UsageTest, TheHelpOfTrainNamesWhatScriptsRelyOn) {
  const std::string help = run({"train", "--help"}).out;
  for (const char* text : {"--recipe NAME",
                           "--data DIR",
                           "--hidden N,N",
                           "--batch N|full",
                           "--epochs N",
                           "--iterations N",
                           "--lr",
                           "--momentum X",
                           "--seed N",
                           "--threads N",
                           "--device NAME",
                           "--model FILE",
                           "--init-from MODEL",
                           "--resume RUN",
                           "--run DIR",
                           "--config FILE",
                           "print-config",
                           "json",
                           "quiet",
                           "--seeds N",
                           "130"}) {
    EXPECT_THAT(help, HasSubstr(text));
  }
}

TEST_F(UsageTest, VersionIsOneLine) {
  EXPECT_THAT(run({"--version"}).out, testing::MatchesRegex("kilat [0-9]+\\.[0-9]+\\.[0-9]+\n"));
}

TEST_F(UsageTest, RecipesAreListed) {
  const Outcome outcome = run({"recipes"});
  EXPECT_THAT(outcome.out, HasSubstr("mnist\n"));
  EXPECT_THAT(outcome.out, HasSubstr("report-as-published\n"));
  const auto all = parse(run({"recipes", "--json"}));
  EXPECT_EQ(all[0]["name"], "mnist");
  EXPECT_EQ(all[0]["options"]["hidden"], "512");
}

TEST_F(UsageTest, UnknownOptionsAndArgumentsAreNamed) {
  expect_bad_training({"--hiden", "5"}, {"--hiden", "kilat train --help"});
  expect_bad_training({"-x"}, {"-x", "kilat train --help"});
  expect_bad_training({"extra"}, {"unexpected argument extra", "kilat train --help"});
  expect_bad_training({"--quiet=maybe"}, {"--quiet", "takes no value"});
  expect_failure({"train", "--epochs"}, 2, {"--epochs", "value"});
  expect_failure({"eval"}, 2, {"MODEL", "kilat eval --help"});
  expect_failure({"eval", "m", "n"}, 2, {"unexpected argument n", "kilat eval --help"});
  expect_failure({"eval", "m", "--part", "all"}, 2, {"--part"});
  expect_failure({"predict"}, 2, {"MODEL", "kilat predict --help"});
  expect_failure({"predict", "m"}, 2, {"FILE", "kilat predict --help"});
  expect_failure({"info", "--nope"}, 2, {"--nope", "kilat info --help"});
}

TEST_F(UsageTest, BadNumbersNameTheirOption) {
  const std::vector<std::pair<const char*, const char*>> bad = {
      {"epochs", "-1"},
      {"epochs", "ten"},
      {"epochs", ""},
      {"epochs", "1.5"},
      {"epochs", "1e3"},
      {"epochs", "0x10"},
      {"epochs", " 1"},
      {"batch", "0"},
      {"batch", "00"},
      {"batch", "-4"},
      {"batch", "half"},
      {"lr", "nan"},
      {"lr", "inf"},
      {"lr", "-0.1"},
      {"lr", "0"},
      {"lr", "1e99"},
      {"lr", "fast"},
      {"lr", ""},
      {"momentum", "1"},
      {"momentum", "nan"},
      {"momentum", "-1"},
      {"hidden", "0"},
      {"hidden", "8,0"},
      {"hidden", ""},
      {"hidden", "a"},
      {"hidden", "8,"},
      {"hidden", "-8"},
      {"iterations", "-1"},
      {"seed", "-1"},
      {"seed", "x"},
      {"seeds", "0"},
      {"seeds", "-1"},
      {"seeds", "0x2"},
      {"threads", "-1"},
      {"threads", "100000"},
      {"threads", "two"},
      {"threads", "1.0"},
      {"eval-epochs", "0"},
      {"weight-decay", "nan"},
      {"gamma", "inf"},
      {"min-delta", "-1"},
      {"init-scale", "nan"},
      {"patience", "-1"},
      {"warmup", "-1"},
      {"validation", "2"},
      {"validation", "x"},
      {"validation", "1.5"},
      {"train-range", "5"},
      {"seed", "18446744073709551616"},
      {"threads", "99999999999999999999"}};
  for (const auto& [name, text] : bad) {
    // Widths are judged with the data at hand, and named as the network they make.
    const bool width = std::string(name) == "hidden" && std::string(text).ends_with('0');
    if (std::string(name) == "validation" && std::string(text) == "2") continue;
    expect_bad_training({std::string("--") + name, text},
                        {width ? std::string("width") : std::string("--") + name});
  }
}

TEST_F(UsageTest, NumbersTooLargeForAnyMachineAreRefused) {
  for (const char* hidden : {"99999999999", "9999999999,9999999999"}) {
    expect_bad_training({"--hidden", hidden}, {"memory"}, 1);
  }
  expect_bad_training({"--hidden", "999999999999999999"}, {"memory"}, 1);
  expect_bad_training({"--hidden", "9999999999999999999999"}, {"--hidden"});
  for (const char* name : {"--epochs", "--iterations"}) {
    expect_bad_training({name, "99999999999999", "--epochs", "99999999999999"}, {"at most"});
  }
}

TEST_F(UsageTest, UnknownNamesListWhatThereIs) {
  expect_bad_training({"--recipe", "mnits"}, {"--recipe mnits", "mnist", "report"});
  // No machine has so many GPUs; what a machine without any is told, the emulated program's tests
  // say.
  expect_bad_training({"--device", "cuda:99"}, {"--device cuda:99: ", "use --device cpu"});
  expect_bad_training({"--device", "abacus"}, {"--device abacus", "cpu"});
  expect_bad_training({"--device", ""}, {"--device"});
  expect_bad_training({"--schedule", "linear"}, {"--schedule", "cosine"});
  expect_bad_training({"--init", "zero"}, {"--init", "he-normal"});
  expect_bad_training({"--monitor", "luck"}, {"--monitor", "val_loss"});
}

TEST_F(UsageTest, OptionsThatDoNotGoTogetherAreRefused) {
  expect_bad_training({"--nesterov", "--momentum", "0"}, {"--nesterov", "--momentum"});
  expect_bad_training({"--seeds", "2", "--model", "m"}, {"--seeds", "--model"});
}

TEST_F(UsageTest, BadOptionsAreNotPrintedAsAConfig) {
  expect_bad_training({"--lr", "-1", "--print-config"}, {"--lr"});
}

TEST_F(UsageTest, ThreadsZeroMeansAllThereAre) {
  const auto result = train_json({"--threads", "0"});
  EXPECT_GE(result["threads"], 1);
}

TEST_F(UsageTest, AMessageStaysOneLineWhateverAFileIsCalled) {
  expect_failure({"eval", "a\nb\x1b[31m"}, 2, {"a?b?[31m", "no such file"});
}

}  // namespace
}  // namespace kilat
