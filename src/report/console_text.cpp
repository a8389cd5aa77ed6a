#include "report/console_text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "report/format.h"

namespace kilat {
namespace {

constexpr std::size_t kMostLines = 40;
constexpr std::size_t kShortestBar = 6;
constexpr std::size_t kLongestBar = 30;

bool measured(const Score& score) { return !std::isnan(score.loss) || !std::isnan(score.accuracy); }

std::string score_fields(const Score& score) {
  return fmt::format(" {:>7} {:>8}", loss_text(score.loss), percent_text(score.accuracy));
}

// Loss, accuracy, samples/s and time left, each after two spaces: as many as fit into `room`
// columns. If one does not fit, those of lower priority are left out too.
std::string figures_within(const Progress& progress, std::size_t room) {
  const auto text = [](double value, const auto& words) {
    return std::isfinite(value) ? "  " + words(value) : std::string();
  };
  const std::array<std::string, 4> shown = {
      text(progress.score.loss, [](double loss) { return "loss " + loss_text(loss); }),
      text(progress.score.accuracy, [](double share) { return "accuracy " + percent_text(share); }),
      text(progress.samples_per_second, [](double n) { return count_text(n) + " samples/s"; }),
      text(progress.seconds_left, [](double left) { return duration_text(left) + " left"; })};
  constexpr std::array<std::size_t, 4> kByPriority = {3, 0, 1, 2};
  std::array<bool, 4> fits{};
  for (const std::size_t i : kByPriority) {
    if (shown.at(i).size() > room) break;
    room -= shown.at(i).size();
    fits.at(i) = true;
  }
  std::string figures;
  for (std::size_t i = 0; i < shown.size(); ++i) figures += fits.at(i) ? shown.at(i) : "";
  return figures;
}

}  // namespace

Columns measured_columns(const Evaluation& evaluation) {
  const Columns columns{measured(evaluation.train), measured(evaluation.validation),
                        measured(evaluation.test)};
  return columns.train || columns.validation || columns.test ? columns
                                                             : Columns{true, false, false};
}

std::string evaluation_header(const Columns& columns) {
  std::string sets = fmt::format("{:15}", "");
  std::string names = "epoch iteration";
  const auto add = [&](bool shown, std::string_view set) {
    if (!shown) return;
    sets += fmt::format(" {:>16}", set);
    names += fmt::format(" {:>7} {:>8}", "loss", "accuracy");
  };
  add(columns.train, "train");
  add(columns.validation, "validation");
  add(columns.test, "test");
  return sets + '\n' + names + fmt::format(" {:>11}", "time");
}

std::string evaluation_line(const Evaluation& evaluation, const Columns& columns) {
  std::string line = fmt::format("{:>5} {:>9}", epoch_text(evaluation.epoch), evaluation.iteration);
  if (columns.train) line += score_fields(evaluation.train);
  if (columns.validation) line += score_fields(evaluation.validation);
  if (columns.test) line += score_fields(evaluation.test);
  return line + fmt::format(" {:>11}", duration_text(evaluation.train_seconds));
}

bool worth_a_line(std::size_t index, std::size_t expected) {
  const std::size_t stride =
      std::max<std::size_t>(1, expected / kMostLines + (expected % kMostLines == 0 ? 0 : 1));
  return index == 0 || (index + 1) % stride == 0;
}

std::string bar(double fraction, std::size_t width, bool utf8) {
  // A cell filled by eighths.
  constexpr std::array<const char*, 9> kEighths = {" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"};
  if (width < 3) return std::string(width, ' ');
  const std::size_t cells = width - 2;
  const double share = fraction > 0 ? std::min(fraction, 1.0) : 0.0;  // NaN: empty
  const auto eighths = static_cast<std::size_t>(share * 8 * static_cast<double>(cells));
  std::string text = utf8 ? "▕" : "[";
  for (std::size_t cell = 0; cell < cells; ++cell) {
    const std::size_t filled = std::min<std::size_t>(8, eighths - std::min(eighths, 8 * cell));
    if (utf8) {
      text += kEighths.at(filled);
    } else {
      text += filled == 8 ? '#' : '-';
    }
  }
  return text + (utf8 ? "▏" : "]");
}

std::string progress_line(const Progress& progress, std::size_t width, bool utf8) {
  const double fraction = progress.total == 0 ? kNotMeasured
                                              : static_cast<double>(progress.iteration) /
                                                    static_cast<double>(progress.total);
  std::string line = progress.total == 0
                         ? fmt::format("iteration {}", progress.iteration)
                         : fmt::format("{:3.0f} %", std::floor(100 * std::min(fraction, 1.0)));
  if (line.size() >= width) return {};

  std::size_t room = width - 1 - line.size();
  const bool with_bar = progress.total != 0 && room > kShortestBar;
  if (with_bar) room -= kShortestBar + 1;
  const std::string figures = figures_within(progress, room);
  room -= figures.size();
  if (with_bar) line += ' ' + bar(fraction, std::min(kLongestBar, kShortestBar + room), utf8);
  return line + figures;
}

}  // namespace kilat
