// Line charts as inline SVG. Colours and fonts are set by the page (html_style.cpp).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "report/axis.h"

namespace kilat {

struct Curve {
  std::string name;
  std::string style;           // CSS class that gives the colour
  std::vector<double> values;  // [n], one for each x of the chart; not finite: not drawn
};

struct Mark {
  std::size_t curve = 0;
  std::size_t index = 0;
};

struct Chart {
  std::string title;
  std::string x_name;
  std::vector<double> x;  // [n], finite, not falling
  std::vector<Curve> curves;
  Unit unit = Unit::number;
  bool from_zero = false;    // the y axis starts at zero
  bool logarithmic = false;  // taken only when every value to be drawn is above zero
  std::optional<Mark> best;  // a point to ring and to name
};

// A <figure> with title, legend and an <svg> whose columns show their figures on hovering. At most
// 500 points of a curve are drawn; the extremes are kept. A chart without a finite value says so.
std::string svg_chart(const Chart& chart);

}  // namespace kilat
