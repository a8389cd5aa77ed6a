#include "report/console.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/occurrences.h"

namespace kilat {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

// Columns that a line of UTF-8 takes, where every character takes one.
std::size_t columns_of(const std::string& line) {
  return static_cast<std::size_t>(std::ranges::count_if(
      line, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

// A stream in memory, standing in for the terminal.
class Screen {
 public:
  Screen() : file_(open_memstream(&text_, &size_)) {}
  ~Screen() {
    std::fclose(file_);
    std::free(text_);
  }
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  std::FILE* file() { return file_; }
  std::string text() {
    std::fflush(file_);
    return {text_, size_};
  }

 private:
  char* text_ = nullptr;
  std::size_t size_ = 0;
  std::FILE* file_;
};

Evaluation example(std::size_t iteration) {
  Evaluation row;
  row.iteration = iteration;
  row.epoch = static_cast<double>(iteration) / 100;
  row.train = {0.0213, 0.9931};
  row.validation = {0.0745, 0.9753};
  row.train_seconds = static_cast<double>(iteration) / 50;
  return row;
}

Progress halfway() {
  Progress progress;
  progress.iteration = 50;
  progress.total = 100;
  progress.score = {0.0213, 0.9931};
  progress.samples_per_second = 1234567;
  progress.seconds_left = 3.21;
  return progress;
}

// A live console of 80 columns on a clock that the test sets.
struct LiveConsole {
  Screen screen;
  double now = 0;
  std::optional<Console> console;

  explicit LiveConsole(std::size_t expected_evaluations = 1) {
    Console::Options options;
    options.mode = Console::Mode::live;
    options.expected_evaluations = expected_evaluations;
    options.samples_per_iteration = 128;
    options.clock = [this] { return now; };
    options.width = [] { return std::size_t{80}; };
    console.emplace(screen.file(), options);
  }
};

TEST(EvaluationLine, StandsUnderItsHeader) {
  EXPECT_EQ(evaluation_header(),
            "                           train       validation             test\n"
            "epoch iteration    loss accuracy    loss accuracy    loss accuracy        time");
  EXPECT_EQ(evaluation_line(example(469)),
            " 4.69       469  0.0213  99.31 %  0.0745  97.53 %       -        -       9.4 s");
}

TEST(EvaluationLine, LeavesOutColumnsThatAreNotMeasured) {
  const Columns columns = measured_columns(example(1));
  EXPECT_TRUE(columns.train);
  EXPECT_TRUE(columns.validation);
  EXPECT_FALSE(columns.test);
  EXPECT_EQ(evaluation_line(example(469), columns),
            " 4.69       469  0.0213  99.31 %  0.0745  97.53 %       9.4 s");
}

TEST(EvaluationLine, KeepsItsColumnsWhateverTheFigures) {
  Evaluation extreme;
  extreme.iteration = 123'456'789;
  extreme.epoch = 99.25;
  extreme.train = {1e-20, 1};
  extreme.validation = {1e20, 0};
  extreme.train_seconds = 3599;
  EXPECT_EQ(evaluation_line(extreme).size(), evaluation_line(example(1)).size());
  EXPECT_LT(evaluation_line(extreme).size(), 80U);
  EXPECT_EQ(evaluation_header().size() - evaluation_header().find('\n') - 1,
            evaluation_line(extreme).size());
}

TEST(WorthALine, AThousandEvaluationsTakeAboutFortyLines) {
  for (const std::size_t expected : {1, 10, 40, 41, 80, 999, 1000, 100'000}) {
    std::size_t lines = 0;
    for (std::size_t i = 0; i < expected; ++i) lines += worth_a_line(i, expected) ? 1 : 0;
    EXPECT_LE(lines, 41U) << expected;
    EXPECT_GE(lines, expected < 40 ? expected : 21U) << expected;
    EXPECT_TRUE(worth_a_line(0, expected));
  }
  EXPECT_TRUE(worth_a_line(7, 0)) << "where nothing is known, every one is";
}

TEST(Bar, FillsFromLeftToRight) {
  EXPECT_EQ(bar(0, 10, false), "[--------]");
  EXPECT_EQ(bar(0.5, 10, false), "[####----]");
  EXPECT_EQ(bar(1, 10, false), "[########]");
  EXPECT_EQ(bar(0.5, 6, true), "▕██  ▏");
  EXPECT_EQ(bar(0.625, 4, true), "▕█▎▏");
}

TEST(Bar, HasItsWidthForEveryFraction) {
  for (const double fraction : {-1.0, 0.0, 0.333, 0.999, 1.0, 7.0, kNotMeasured}) {
    for (const std::size_t width : {0, 1, 2, 3, 30}) {
      EXPECT_EQ(columns_of(bar(fraction, width, true)), width);
      EXPECT_EQ(bar(fraction, width, false).size(), width);
    }
  }
}

TEST(ProgressLine, ShowsEverythingWhereThereIsRoom) {
  EXPECT_EQ(progress_line(halfway(), 120, false),
            " 50 % [##############--------------]  loss 0.0213  accuracy 99.31 %  "
            "1,234,567 samples/s  3.2 s left");
}

TEST(ProgressLine, IsAlwaysNarrowerThanTheTerminal) {
  for (std::size_t width = 1; width < 130; ++width) {
    EXPECT_LT(columns_of(progress_line(halfway(), width, true)), width);
    EXPECT_LT(progress_line(halfway(), width, false).size(), width);
  }
}

TEST(ProgressLine, GivesWayInAnOrder) {
  const auto line = [](std::size_t width) { return progress_line(halfway(), width, false); };
  EXPECT_EQ(line(77),
            " 50 % [##--]  loss 0.0213  accuracy 99.31 %  1,234,567 samples/s  3.2 s left");
  EXPECT_EQ(line(76),
            " 50 % [############------------]  loss 0.0213  accuracy 99.31 %  3.2 s left");
  EXPECT_EQ(line(56), " 50 % [##--]  loss 0.0213  accuracy 99.31 %  3.2 s left");
  EXPECT_EQ(line(55), " 50 % [##########-----------]  loss 0.0213  3.2 s left");
  EXPECT_EQ(line(38), " 50 % [##--]  loss 0.0213  3.2 s left");
  EXPECT_EQ(line(37), " 50 % [########--------]  3.2 s left");
  EXPECT_EQ(line(25), " 50 % [##--]  3.2 s left");
  EXPECT_EQ(line(24), " 50 % [#######--------]");
  EXPECT_EQ(line(20), " 50 % [#####------]");
}

TEST(ProgressLine, KeepsTheBarsEndAtAnyWidthAndSpeed) {
  Progress progress = halfway();
  for (double rate = 1; rate <= 1e9; rate *= 10) {
    progress.samples_per_second = rate;
    for (const double left : {0.001, 3.21, 3599.0, 1e6}) {
      progress.seconds_left = left;
      for (std::size_t width = 20; width < 140; ++width) {
        const std::string line = progress_line(progress, width, false);
        EXPECT_THAT(line, MatchesRegex(" 50 % \\[#+-+\\](  .*)?")) << width;
        EXPECT_LT(line.size(), width);
        const auto shows = [&](const char* part) { return line.find(part) != std::string::npos; };
        EXPECT_TRUE(shows("accuracy") || !shows("/s")) << line;
        EXPECT_TRUE(shows("loss") || !shows("accuracy")) << line;
        EXPECT_TRUE(shows(" left") || !shows("loss")) << line;
      }
    }
  }
}

TEST(ProgressLine, CountsIterationsWhenTheTotalIsUnknown) {
  Progress progress = halfway();
  progress.total = 0;
  EXPECT_THAT(progress_line(progress, 80, false), HasSubstr("iteration 50  loss"));
}

TEST(ProgressLine, LeavesOutWhatIsNotKnown) {
  Progress progress;
  progress.iteration = 1;
  progress.total = 3;
  EXPECT_THAT(progress_line(progress, 80, false), MatchesRegex(" 33 % \\[[#-]*\\]"));
}

TEST(PlainConsole, WritesWholeLinesWithoutControlCodes) {
  Screen screen;
  {
    Console console(screen.file(), {});
    console.message("training on cpu");
    console.progress(1, 2);
    console.evaluation(example(1));
    console.progress(2, 2);
    console.evaluation(example(2));
    console.finish();
  }
  const std::string text = screen.text();
  EXPECT_EQ(text, "training on cpu\n" + evaluation_header(measured_columns(example(1))) + '\n' +
                      evaluation_line(example(1), measured_columns(example(1))) + '\n' +
                      evaluation_line(example(2), measured_columns(example(2))) + '\n');
  for (const char c : text) EXPECT_TRUE(c == '\n' || (c >= ' ' && c <= '~'));
}

TEST(QuietConsole, WritesNothing) {
  Screen screen;
  Console::Options options;
  options.mode = Console::Mode::quiet;
  Console console(screen.file(), options);
  console.message("training on cpu");
  console.progress(1, 2);
  console.evaluation(example(1));
  console.finish();
  EXPECT_EQ(screen.text(), "");
}

TEST(Console, TheLastOfManyEvaluationsIsAlwaysPrinted) {
  Screen screen;
  Console::Options options;
  options.expected_evaluations = 1000;
  Console console(screen.file(), options);
  for (std::size_t i = 1; i <= 987; ++i) console.evaluation(example(i));  // stopped early
  console.finish();
  console.finish();
  EXPECT_EQ(occurrences(screen.text(), "9.87       987 "), 1U);
  EXPECT_LT(occurrences(screen.text(), "\n"), 45U);
}

TEST(LiveConsole, RedrawsAtMostTenTimesASecond) {
  LiveConsole live;
  for (std::size_t i = 0; i < 1000; ++i) {
    live.now = static_cast<double>(i) / 1000;
    live.console->progress(i, 1000);
  }
  EXPECT_EQ(occurrences(live.screen.text(), "\r"), 10U);
}

TEST(LiveConsole, ErasesTheBarBeforeALineAndAtItsEnd) {
  LiveConsole live;
  live.console->progress(1, 2);
  EXPECT_THAT(live.screen.text(), MatchesRegex("\r\x1b\\[K 50 % .*"));
  const std::size_t drawn = live.screen.text().size();
  live.console->message("a line");
  EXPECT_EQ(live.screen.text().substr(drawn), "\r\x1b[Ka line\n");
  live.now = 1;
  live.console->progress(2, 2);
  const std::size_t again = live.screen.text().size();
  live.console.reset();
  EXPECT_EQ(live.screen.text().substr(again), "\r\x1b[K");
}

TEST(LiveConsole, EstimatesSpeedAndTimeLeftFromWhereItStarted) {
  LiveConsole live;
  live.console->progress(500, 1000);  // resumed
  live.now = 10;
  live.console->progress(600, 1000);
  EXPECT_THAT(live.screen.text(), HasSubstr(" 60 % "));
  EXPECT_THAT(live.screen.text(), HasSubstr("1,280 samples/s  40.0 s left"));
}

TEST(LiveConsole, ShowsTheTimeLeftHoweverFastTheMachine) {
  for (double rate = 1; rate <= 1e9; rate *= 10) {  // samples a second, 128 an iteration
    LiveConsole live;
    live.console->progress(0, 1000);
    live.now = 500 * 128 / rate + 1;  // 1: a redraw is due
    live.console->evaluation(example(500));
    live.console->progress(500, 1000);
    EXPECT_THAT(live.screen.text(),
                testing::ContainsRegex(" 50 % \\[#+-+\\]  loss [0-9.]+  accuracy .* left$"))
        << rate;
  }
}

TEST(LiveConsole, TakesItsSpeedFromTrainingAloneOnceThatIsKnown) {
  LiveConsole live;
  live.console->progress(0, 1000);
  live.now = 60;  // most of it spent in evaluating
  live.console->evaluation(example(100));
  live.console->progress(100, 1000);
  EXPECT_THAT(live.screen.text(), HasSubstr("6,400 samples/s"));
}

TEST(ChooseConsoleMode, IsPlainForAStreamThatIsNoTerminal) {
  std::FILE* file = std::tmpfile();
  ASSERT_NE(file, nullptr);
  EXPECT_EQ(choose_console_mode(file, false), Console::Mode::plain);
  EXPECT_EQ(choose_console_mode(file, true), Console::Mode::quiet);
  std::fclose(file);
}

}  // namespace
}  // namespace kilat
