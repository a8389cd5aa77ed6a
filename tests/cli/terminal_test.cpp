// Progress as a person sees it on a terminal, and as a file gets it.
#include "cli/cli_test.h"

namespace kilat {
namespace {

using testing::HasSubstr;
using testing::Not;

// What is left on a terminal after it was sent `text`: lines, "\r" and "erase to the line's end".
std::vector<std::string> screen(const std::string& text) {
  std::vector<std::string> lines(1);
  std::size_t column = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r') {
      column = 0;
    } else if (text[i] == '\n') {
      lines.emplace_back();
      column = 0;
    } else if (text.compare(i, 3, "\x1b[K") == 0) {
      lines.back().resize(std::min(lines.back().size(), column));
      i += 2;
    } else {
      lines.back().resize(std::max(lines.back().size(), column + 1), ' ');
      lines.back()[column++] = text[i];
    }
  }
  return lines;
}

class TerminalTest : public CliTest {
 protected:
  // The bar is drawn at its first step; how often after that is up to the machine.
  static Words long_run() {
    return train_words({"--no-quiet", "--hidden", "64", "--epochs", "400", "--eval-epochs", "100"});
  }

  Outcome on_terminal(const Words& words, const std::string& locale = "C",
                      const std::string& term = "xterm") const {
    return run(words, {.environment = {{"LC_ALL", locale}, {"TERM", term}},
                       .output = Surroundings::Output::terminal});
  }
};

TEST_F(TerminalTest, ShowsALiveBarAndErasesIt) {
  const Outcome outcome = on_terminal(long_run());
  ASSERT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.out, HasSubstr("\r\x1b[K"));
  EXPECT_THAT(outcome.out, testing::ContainsRegex("[0-9]+ % \\[[#-]+\\]"));
  for (const std::string& line : screen(outcome.out)) {
    EXPECT_THAT(line, Not(HasSubstr(" left")));
    EXPECT_THAT(line, Not(testing::ContainsRegex("\\[[#-]")));
  }
  EXPECT_THAT(screen(outcome.out), testing::Contains(HasSubstr("completed after 3200 iterations")));
}

TEST_F(TerminalTest, NeverDrawsBeyondTheTerminalsWidth) {
  const std::string out = on_terminal(long_run()).out;
  std::size_t begin = 0;
  while ((begin = out.find("\x1b[K", begin)) != std::string::npos) {
    begin += 3;
    const std::size_t end = out.find_first_of("\r\n", begin);
    EXPECT_LE(std::min(end, out.size()) - begin, 80U) << out.substr(begin, end - begin);
  }
}

TEST_F(TerminalTest, DrawsBlocksWhereTheLocaleTakesThem) {
  EXPECT_THAT(on_terminal(long_run(), "C.UTF-8").out, HasSubstr("▕"));
  EXPECT_THAT(on_terminal(long_run(), "C").out, Not(HasSubstr("▕")));
}

TEST_F(TerminalTest, QuietRunsDrawNothing) {
  const Outcome outcome = on_terminal(train_words({"--epochs", "2000", "--quiet"}));
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.out, testing::StartsWith("completed"));
  EXPECT_THAT(outcome.out, Not(HasSubstr("\x1b")));
}

TEST_F(TerminalTest, ADumbTerminalGetsPlainLines) {
  const Outcome outcome = on_terminal(long_run(), "C", "dumb");
  EXPECT_THAT(outcome.out, Not(HasSubstr("\x1b")));
  EXPECT_THAT(outcome.out, HasSubstr("epoch iteration"));
}

TEST_F(TerminalTest, APipeGetsWholeLinesWithoutControlCodes) {
  const Outcome outcome = run(long_run());
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.err, Not(testing::ContainsRegex("[\x01-\x09\x0b-\x1f]")));
  EXPECT_THAT(outcome.err, Not(HasSubstr("left")));
  EXPECT_THAT(outcome.err, testing::StartsWith("mnist: 36-64-3 on 120 samples"));
  EXPECT_THAT(outcome.err, testing::EndsWith("\n"));
  for (const char* line : {"\n  100       800 ", "\n  200      1600 ", "\n  400      3200 "}) {
    EXPECT_THAT(outcome.err, HasSubstr(line));
  }
}

TEST_F(TerminalTest, ErrorsAreOneLineThereToo) {
  const Outcome outcome = on_terminal({"train", "--data", "missing"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.out, testing::StartsWith("kilat: missing"));
  EXPECT_EQ(std::ranges::count(outcome.out, '\n'), 1);
}

}  // namespace
}  // namespace kilat
