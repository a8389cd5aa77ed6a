#include "report/format.h"

#include <algorithm>
#include <cmath>
#include <string>

#include <fmt/format.h>

namespace kilat {
namespace {

const char* const kNoFigure = "-";

// From here on figures are written with an exponent, to stay short whatever they are.
constexpr double kHuge = 1e15;

}  // namespace

std::string percent_text(double fraction) {
  if (!std::isfinite(fraction)) return kNoFigure;
  if (std::abs(fraction) >= kHuge) return fmt::format("{:.1e} %", 100 * fraction);
  const double percent = fraction < 1 ? std::min(100 * fraction, 99.99) : 100 * fraction;
  return fmt::format("{:.2f} %", percent);
}

std::string duration_text(double seconds) {
  if (!std::isfinite(seconds) || seconds < 0) return kNoFigure;
  if (seconds >= kHuge) return fmt::format("{:.1e} s", seconds);
  if (seconds < 0.0995) return fmt::format("{:.0f} ms", 1000 * seconds);
  if (seconds < 59.95) return fmt::format("{:.1f} s", seconds);
  const double whole = std::round(seconds);
  if (whole < 3600) {
    return fmt::format("{:.0f} min {:.0f} s", std::floor(whole / 60), std::fmod(whole, 60));
  }
  const double minutes = std::round(seconds / 60);
  return fmt::format("{:.0f} h {:.0f} min", std::floor(minutes / 60), std::fmod(minutes, 60));
}

std::string timing_text(double seconds) {
  if (!std::isfinite(seconds) || seconds < 0) return kNoFigure;
  if (seconds >= kHuge) return fmt::format("{:.1e} s", seconds);
  const char* unit = "s";
  double figure = seconds;
  for (const char* smaller : {"ms", "µs"}) {
    if (figure >= 0.9995) break;
    figure *= 1000;
    unit = smaller;
  }
  const int decimals = figure < 9.995 ? 2 : figure < 99.95 ? 1 : 0;
  return fmt::format("{:.{}f} {}", figure, decimals, unit);
}

std::string loss_text(double loss) {
  if (!std::isfinite(loss)) return kNoFigure;
  const double size = std::abs(loss);
  if (size != 0 && size < 0.001) return fmt::format("{:.1e}", loss);
  if (size < 10) return fmt::format("{:.4f}", loss);
  if (size < 1000) return fmt::format("{:.2f}", loss);
  return fmt::format("{:.1e}", loss);
}

std::string count_text(double count) {
  if (!std::isfinite(count)) return kNoFigure;
  if (std::abs(count) >= kHuge) return fmt::format("{:.1e}", count);
  std::string digits = fmt::format("{:.0f}", count);
  const std::size_t first = digits.front() == '-' ? 1 : 0;
  for (std::size_t at = digits.size(); at > first + 3;) digits.insert(at -= 3, 1, ',');
  return digits;
}

std::string epoch_text(double epoch) {
  if (!std::isfinite(epoch)) return kNoFigure;
  if (std::abs(epoch) >= kHuge) return fmt::format("{:.1e}", epoch);
  return epoch == std::floor(epoch) ? fmt::format("{:.0f}", epoch) : fmt::format("{:.2f}", epoch);
}

std::string device_text(const Device& device) {
  constexpr std::size_t kColumns = 80;
  const std::string line = fmt::format("{}: {}", device.name, device.text);
  return line.size() <= kColumns ? line : fmt::format("{}:\n  {}", device.name, device.text);
}

}  // namespace kilat
