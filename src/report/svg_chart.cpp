#include "report/svg_chart.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "report/decimate.h"
#include "report/format.h"
#include "report/markup.h"

namespace kilat {
namespace {

// In the units of the view box; the page scales it to its column.
constexpr double kWidth = 480;
constexpr double kHeight = 270;
constexpr double kLeft = 56;
constexpr double kRight = 14;
constexpr double kTop = 12;
constexpr double kBottom = 40;

constexpr double kMostSpan = 1e30;  // a logarithmic axis spans at most this ratio
constexpr std::size_t kMostPoints = 500;
constexpr std::size_t kHoverColumns = 100;
constexpr std::size_t kDottedPoints = 30;  // so few points are drawn as dots too

// Losses of a diverged run may be finite and yet beyond what an axis can span.
bool drawable(double value) { return std::abs(value) < 1e100; }

std::string value_text(double value, Unit unit) {
  return unit == Unit::percent ? percent_text(value) : loss_text(value);
}

// The chart's axes, and values in the view box's units.
struct Plane {
  Axis x, y;

  double left(double value) const { return kLeft + x.position(value) * (kWidth - kLeft - kRight); }
  double top(double value) const {
    return kHeight - kBottom - y.position(value) * (kHeight - kTop - kBottom);
  }
};

std::optional<Plane> make_plane(const Chart& chart) {
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  for (const Curve& curve : chart.curves) {
    for (const double value : curve.values) {
      if (!drawable(value)) continue;
      low = std::min(low, value);
      high = std::max(high, value);
    }
  }
  if (low > high) return std::nullopt;
  Plane plane;
  plane.x = linear_axis(chart.x.front(), chart.x.back(), 6, Unit::number, false);
  if (chart.logarithmic && low > 0 && high / low < kMostSpan) {
    plane.y = log_axis(low, high);
  } else {
    if (chart.from_zero) low = std::min(low, 0.0);
    plane.y = linear_axis(low, high, 5, chart.unit, true);
  }
  return plane;
}

void draw_axes(std::string& svg, const Chart& chart, const Plane& plane) {
  for (const Tick& tick : plane.y.ticks) {
    const double y = plane.top(tick.at);
    svg += fmt::format("<path class=\"grid\" d=\"M{:.1f} {:.1f}H{:.1f}\"/>", kLeft, y,
                       kWidth - kRight);
    svg += fmt::format("<text class=\"end\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n", kLeft - 8,
                       y + 4, tick.text);
  }
  const double foot = kHeight - kBottom;
  for (const Tick& tick : plane.x.ticks) {
    const double x = plane.left(tick.at);
    svg += fmt::format("<path class=\"axis\" d=\"M{:.1f} {:.1f}v4\"/>", x, foot);
    svg += fmt::format("<text class=\"mid\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n", x, foot + 18,
                       tick.text);
  }
  svg += fmt::format("<path class=\"axis\" d=\"M{:.1f} {:.1f}H{:.1f}\"/>", kLeft, foot,
                     kWidth - kRight);
  svg += fmt::format("<text class=\"mid\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n",
                     (kLeft + kWidth - kRight) / 2, kHeight - 4, escape(chart.x_name));
}

void draw_curve(std::string& svg, const Chart& chart, const Curve& curve, const Plane& plane) {
  std::vector<double> values = curve.values;
  for (double& value : values) {
    if (!drawable(value)) value = std::numeric_limits<double>::quiet_NaN();
  }
  const std::vector<std::size_t> kept = decimate(values, kMostPoints);
  if (kept.empty()) return;
  svg += fmt::format("<path class=\"curve {}\" d=\"", curve.style);
  for (const std::size_t i : kept) {
    svg += fmt::format("{}{:.1f} {:.1f}", i == kept.front() ? 'M' : 'L', plane.left(chart.x[i]),
                       plane.top(values[i]));
  }
  svg += "\"/>\n";
  if (kept.size() > kDottedPoints) return;
  for (const std::size_t i : kept) {
    svg += fmt::format("<circle class=\"dot {}\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"2.5\"/>",
                       curve.style, plane.left(chart.x[i]), plane.top(values[i]));
  }
  svg += '\n';
}

// A ring with the value beside it, on the side that has room.
void draw_best(std::string& svg, const Chart& chart, const Plane& plane) {
  if (!chart.best) return;
  const Curve& curve = chart.curves[chart.best->curve];
  const double value = curve.values[chart.best->index];
  if (!drawable(value)) return;
  const double x = plane.left(chart.x[chart.best->index]);
  const double y = plane.top(value);
  const bool right = x > kWidth / 2;
  const bool low = y > kHeight / 2;
  svg += fmt::format("<circle class=\"best {}\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"5.5\"/>",
                     curve.style, x, y);
  svg += fmt::format("<text class=\"note {}\" x=\"{:.1f}\" y=\"{:.1f}\">best {}</text>\n",
                     right ? "end" : "start", x + (right ? 2 : -2), y + (low ? -12 : 22),
                     value_text(value, chart.unit));
}

// Invisible columns over the chart; each one's title lists the figures of its point.
void draw_hover(std::string& svg, const Chart& chart, const Plane& plane) {
  const std::size_t n = chart.x.size();
  const std::size_t columns = std::min(n, kHoverColumns);
  double left = kLeft;
  for (std::size_t c = 0; c < columns; ++c) {
    const auto point = [&](std::size_t column) {
      return columns == 1 ? 0 : column * (n - 1) / (columns - 1);
    };
    const std::size_t i = point(c);
    const double right = c + 1 == columns
                             ? kWidth - kRight
                             : (plane.left(chart.x[i]) + plane.left(chart.x[point(c + 1)])) / 2;
    svg += fmt::format(
        "<rect class=\"hover\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" "
        "height=\"{:.1f}\"><title>{} {}",
        left, kTop, std::max(0.0, right - left), kHeight - kTop - kBottom, escape(chart.x_name),
        epoch_text(chart.x[i]));
    for (const Curve& curve : chart.curves) {
      if (!std::isfinite(curve.values[i])) continue;
      svg += fmt::format("\n{} {}", escape(curve.name), value_text(curve.values[i], chart.unit));
    }
    svg += "</title></rect>\n";
    left = right;
  }
}

std::string legend(const Chart& chart) {
  std::string html = fmt::format("<figcaption><b>{}</b>", escape(chart.title));
  if (chart.curves.size() > 1) {
    for (const Curve& curve : chart.curves) {
      html += fmt::format(" <span class=\"key {}\">{}</span>", curve.style, escape(curve.name));
    }
  }
  return html + "</figcaption>\n";
}

}  // namespace

std::string svg_chart(const Chart& chart) {
  std::string html = "<figure>\n" + legend(chart);
  const std::optional<Plane> plane = make_plane(chart);
  if (!plane) return html + "<p class=\"none\">Nothing to draw.</p>\n</figure>\n";
  html += fmt::format("<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">\n", kWidth,
                      kHeight, escape(chart.title));
  draw_axes(html, chart, *plane);
  for (const Curve& curve : chart.curves) draw_curve(html, chart, curve, *plane);
  draw_best(html, chart, *plane);
  draw_hover(html, chart, *plane);
  return html + "</svg>\n</figure>\n";
}

}  // namespace kilat
