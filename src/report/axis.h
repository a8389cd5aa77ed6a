// A chart's axis: its range and its round ticks.
#pragma once

#include <string>
#include <vector>

namespace kilat {

enum class Unit { number, percent };

struct Tick {
  double at = 0;     // the value
  std::string text;  // as it is printed
};

struct Axis {
  double low = 0;
  double high = 1;  // above low
  bool logarithmic = false;
  std::vector<Tick> ticks;  // within [low, high], rising

  // The position of a value: 0 at low, 1 at high.
  double position(double value) const;
};

// About `wanted` ticks at 1, 2 or 5 times a power of ten, all within the finite [low, high]. With
// `widen` the range grows to the ticks around it; a range of one value grows in any case.
Axis linear_axis(double low, double high, int wanted, Unit unit, bool widen);

// Ticks at powers of ten, with 2 and 5 between them where there is room. 0 < low ≤ high.
Axis log_axis(double low, double high);

}  // namespace kilat
