// What a training run shows on the terminal: a table of evaluations and a progress bar.
#pragma once

#include <cstddef>
#include <cstdio>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <kilat/train.h>

#include "report/console_text.h"

namespace kilat {

// Where a training run shows how it gets on.
class RunOutput {
 public:
  virtual ~RunOutput() = default;
  virtual void message(std::string_view line) = 0;
  virtual void evaluation(const Evaluation& evaluation) = 0;
  virtual void progress(std::size_t iteration, std::size_t total) = 0;
  virtual void finish() = 0;
};

// Writes to a stream that it does not own. Failed writes are ignored, as they cannot be reported.
class Console : public RunOutput {
 public:
  // live: the bar is redrawn in place. plain: whole lines only, no control codes. quiet: nothing.
  enum class Mode { live, plain, quiet };

  struct Options {
    Mode mode = Mode::plain;
    bool utf8 = false;
    std::size_t expected_evaluations = 0;  // decides which ones get a line
    double samples_per_iteration = 0;      // for samples/s
    std::function<double()> clock;         // seconds, rising; empty: the steady clock
    std::function<std::size_t()> width;    // columns; empty: asked of the terminal
  };

  Console(std::FILE* out, Options options);
  ~Console() override;  // removes the bar
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;

  // Prints a line above the bar.
  void message(std::string_view line) override;

  // The hooks of a training run. At most about 40 evaluations of a run are printed.
  void evaluation(const Evaluation& evaluation) override;
  void progress(std::size_t iteration, std::size_t total) override;

  // Removes the bar and prints the last evaluation if it had no line yet.
  void finish() override;

 private:
  // Measured by the clock until the first evaluation reports the time spent in training steps.
  void set_speed(double iterations_per_second);
  void print_evaluation(const Evaluation& evaluation);
  void draw_bar();
  void erase_bar() noexcept;
  void write(std::string_view text) noexcept;

  std::FILE* out_;
  Options options_;
  Progress progress_;
  std::optional<Columns> columns_;  // once the header is printed
  std::optional<Evaluation> unprinted_;
  std::size_t evaluations_ = 0;
  std::optional<double> start_;      // clock at the first progress
  std::size_t start_iteration_ = 0;  // above 0 in a resumed run
  std::optional<double> drawn_;      // clock at the last redraw
  bool bar_shown_ = false;
};

// live on a terminal that understands control codes, else plain; quiet when asked for.
Console::Mode choose_console_mode(std::FILE* out, bool quiet);

// Whether the locale, by LC_ALL, LC_CTYPE or LANG, is one of UTF-8.
bool locale_takes_utf8();

}  // namespace kilat
