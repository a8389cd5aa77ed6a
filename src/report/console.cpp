#include "report/console.h"

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <string>
#include <utility>

#include <sys/ioctl.h>  // TIOCGWINSZ
#include <unistd.h>

namespace kilat {
namespace {

constexpr double kRedrawSeconds = 0.1;
constexpr const char* kEraseLine = "\r\x1b[K";  // to its start, then erase to its end

double steady_seconds() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration<double>(now).count();
}

std::size_t terminal_width(std::FILE* out) {
  winsize size{};
  if (ioctl(fileno(out), TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

// The most interesting of the measured scores: validation, else training, else test.
const Score& leading_score(const Evaluation& evaluation) {
  if (std::isfinite(evaluation.validation.loss)) return evaluation.validation;
  if (std::isfinite(evaluation.train.loss)) return evaluation.train;
  return evaluation.test;
}

}  // namespace

Console::Console(std::FILE* out, Options options) : out_(out), options_(std::move(options)) {
  if (!options_.clock) options_.clock = steady_seconds;
  if (!options_.width) options_.width = [out] { return terminal_width(out); };
}

Console::~Console() { erase_bar(); }

void Console::message(std::string_view line) {
  if (options_.mode == Mode::quiet) return;
  erase_bar();
  write(std::string(line) + '\n');
}

void Console::evaluation(const Evaluation& evaluation) {
  if (options_.mode == Mode::quiet) return;
  progress_.score = leading_score(evaluation);
  if (evaluation.train_seconds > 0) {
    set_speed(static_cast<double>(evaluation.iteration) / evaluation.train_seconds);
  }
  unprinted_ = evaluation;
  if (worth_a_line(evaluations_++, options_.expected_evaluations)) print_evaluation(evaluation);
}

void Console::progress(std::size_t iteration, std::size_t total) {
  if (options_.mode != Mode::live) return;
  const double now = options_.clock();
  if (!start_) {
    start_ = now;
    start_iteration_ = iteration;
  }
  progress_.iteration = iteration;
  progress_.total = total;
  const double elapsed = now - *start_;
  if (elapsed > 0 && iteration > start_iteration_) {
    const double rate = static_cast<double>(iteration - start_iteration_) / elapsed;
    if (evaluations_ == 0) set_speed(rate);
    progress_.seconds_left = static_cast<double>(total - std::min(iteration, total)) / rate;
  }
  if (drawn_ && now - *drawn_ < kRedrawSeconds) return;
  drawn_ = now;
  draw_bar();
}

void Console::finish() {
  erase_bar();
  if (unprinted_) print_evaluation(*unprinted_);
}

void Console::set_speed(double iterations_per_second) {
  if (options_.samples_per_iteration > 0) {
    progress_.samples_per_second = iterations_per_second * options_.samples_per_iteration;
  }
}

void Console::print_evaluation(const Evaluation& evaluation) {
  std::string text;
  if (!columns_) {
    columns_ = measured_columns(evaluation);
    text = evaluation_header(*columns_) + '\n';
  }
  text += evaluation_line(evaluation, *columns_) + '\n';
  erase_bar();
  write(text);
  unprinted_.reset();
}

void Console::draw_bar() {
  write(kEraseLine + progress_line(progress_, options_.width(), options_.utf8));
  bar_shown_ = true;
}

void Console::erase_bar() noexcept {
  if (bar_shown_) write(kEraseLine);
  bar_shown_ = false;
}

void Console::write(std::string_view text) noexcept {
  std::fwrite(text.data(), 1, text.size(), out_);
  std::fflush(out_);
}

Console::Mode choose_console_mode(std::FILE* out, bool quiet) {
  if (quiet) return Console::Mode::quiet;
  const char* terminal = std::getenv("TERM");
  const bool understands = terminal != nullptr && std::string_view(terminal) != "dumb";
  return understands && isatty(fileno(out)) == 1 ? Console::Mode::live : Console::Mode::plain;
}

bool locale_takes_utf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') continue;
    std::string locale = value;
    for (char& c : locale) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return locale.find("utf-8") != std::string::npos || locale.find("utf8") != std::string::npos;
  }
  return false;
}

}  // namespace kilat
