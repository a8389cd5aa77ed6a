#include "report/axis.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

namespace kilat {
namespace {

// The least of 1, 2, 5 times a power of ten that is not below `rough`.
double round_step(double rough) {
  const double power = std::pow(10, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= rough * (1 - 1e-9)) return factor * power;
  }
  return 10 * power;
}

// The value with just enough decimals to distinguish neighbouring ticks.
std::string tick_text(double value, double step, Unit unit) {
  const double factor = unit == Unit::percent ? 100 : 1;
  const int decimals = std::max(0, -static_cast<int>(std::floor(std::log10(factor * step) + 1e-9)));
  const std::string text = decimals > 4 || std::abs(value) >= 1e6
                               ? fmt::format("{:.6g}", factor * value)
                               : fmt::format("{:.{}f}", factor * value, decimals);
  return unit == Unit::percent ? text + " %" : text;
}

// The step in decades with which at most eight ticks lie between low and high.
int decade_stride(double low, double high) {
  return 1 + static_cast<int>(std::log10(high / low) / 8);
}

}  // namespace

double Axis::position(double value) const {
  if (logarithmic) return std::log(value / low) / std::log(high / low);
  return (value - low) / (high - low);
}

Axis linear_axis(double low, double high, int wanted, Unit unit, bool widen) {
  const double size = std::max(std::abs(low), std::abs(high));
  if (high - low <= 1e-9 * size || high == low) {
    const double room = size > 0 ? size / 2 : 1;
    low -= room;
    high += room;
  }
  const double step = round_step((high - low) / wanted);
  const double first = widen ? std::floor(low / step + 1e-9) : std::ceil(low / step - 1e-9);
  const double last = widen ? std::ceil(high / step - 1e-9) : std::floor(high / step + 1e-9);
  Axis axis{low, high, false, {}};
  if (widen) axis.low = first * step;
  if (widen) axis.high = last * step;
  for (double i = first; i <= last; ++i) {
    const double at = i == 0 ? 0 : i * step;  // never −0
    axis.ticks.push_back({at, tick_text(at, step, unit)});
  }
  return axis;
}

Axis log_axis(double low, double high) {
  if (low == high) {
    low /= 2;
    high *= 2;
  }
  const bool between = high / low < 100;
  const int stride = decade_stride(low, high);
  std::vector<double> marks;
  const int first = static_cast<int>(std::floor(std::log10(low))) - stride;
  const int last = static_cast<int>(std::ceil(std::log10(high))) + stride;
  for (int decade = first; decade <= last; decade += stride) {
    marks.push_back(std::pow(10, decade));
    if (between) marks.push_back(2 * std::pow(10, decade));
    if (between) marks.push_back(5 * std::pow(10, decade));
  }
  const auto begin = std::prev(std::upper_bound(marks.begin(), marks.end(), low * (1 + 1e-9)));
  const auto end = std::lower_bound(marks.begin(), marks.end(), high * (1 - 1e-9));
  Axis axis{*begin, *end, true, {}};
  for (auto mark = begin; mark <= end; ++mark) {
    axis.ticks.push_back({*mark, fmt::format("{:.6g}", *mark)});
  }
  return axis;
}

}  // namespace kilat
