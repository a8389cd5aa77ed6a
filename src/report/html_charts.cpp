#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "report/history.h"
#include "report/html_sections.h"
#include "report/svg_chart.h"

namespace kilat {
namespace {

using Figure = std::function<double(const Evaluation&)>;

// A loss curve that spans more than this ratio is drawn on a logarithmic axis.
constexpr double kLogRatio = 30;

Chart make_chart(std::span<const Evaluation> history, std::string title, Unit unit) {
  Chart chart;
  chart.title = std::move(title);
  chart.x_name = "epoch";
  chart.unit = unit;
  for (const Evaluation& row : history) {
    chart.x.push_back(std::isfinite(row.epoch) ? row.epoch : 0);
  }
  return chart;
}

// A curve without a finite value is not added.
void add_curve(Chart& chart, std::span<const Evaluation> history, std::string name,
               std::string style, const Figure& figure) {
  Curve curve{std::move(name), std::move(style), {}};
  bool any = false;
  for (const Evaluation& row : history) {
    curve.values.push_back(figure(row));
    any = any || std::isfinite(curve.values.back());
  }
  if (any) chart.curves.push_back(std::move(curve));
}

// The extreme of the validation curve, or of the training curve where nothing was validated.
void mark_best(Chart& chart, bool highest) {
  const auto validation = std::find_if(chart.curves.begin(), chart.curves.end(),
                                       [](const Curve& c) { return c.name == "validation"; });
  if (chart.curves.empty()) return;
  Mark mark;
  if (validation != chart.curves.end()) {
    mark.curve = static_cast<std::size_t>(validation - chart.curves.begin());
  }
  const std::vector<double>& values = chart.curves[mark.curve].values;
  double best = kNotMeasured;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) continue;
    if (std::isfinite(best) && !(highest ? values[i] > best : values[i] < best)) continue;
    best = values[i];
    mark.index = i;
  }
  chart.best = mark;
}

bool spans_decades(const Chart& chart) {
  double low = INFINITY;
  double high = -INFINITY;
  for (const Curve& curve : chart.curves) {
    for (const double value : curve.values) {
      if (!std::isfinite(value)) continue;
      low = std::min(low, value);
      high = std::max(high, value);
    }
  }
  return low > 0 && high / low > kLogRatio;
}

Chart score_chart(std::span<const Evaluation> history, std::string title, Unit unit,
                  double Score::*figure) {
  Chart chart = make_chart(history, std::move(title), unit);
  add_curve(chart, history, "train", "train", [=](const auto& e) { return e.train.*figure; });
  add_curve(chart, history, "validation", "validation",
            [=](const auto& e) { return e.validation.*figure; });
  add_curve(chart, history, "test", "test", [=](const auto& e) { return e.test.*figure; });
  return chart;
}

}  // namespace

std::string html_charts(std::span<const Evaluation> history) {
  if (history.empty()) return {};
  Chart loss = score_chart(history, "Loss", Unit::number, &Score::loss);
  loss.logarithmic = spans_decades(loss);
  loss.from_zero = true;
  mark_best(loss, false);
  Chart accuracy = score_chart(history, "Accuracy", Unit::percent, &Score::accuracy);
  mark_best(accuracy, true);
  Chart rate = make_chart(history, "Learning rate", Unit::number);
  rate.from_zero = true;
  add_curve(rate, history, "learning rate", "train", [](const auto& e) { return e.learning_rate; });

  std::string html = "<section>\n<h2>How it went</h2>\n<div class=\"charts\">\n";
  html += svg_chart(loss) + svg_chart(accuracy) + svg_chart(rate);
  const bool any_dead = std::any_of(history.begin(), history.end(),
                                    [](const auto& e) { return worst_dead_share(e) > 0; });
  if (any_dead) {
    Chart dead = make_chart(history, "Dead units (worst layer)", Unit::percent);
    dead.from_zero = true;
    add_curve(dead, history, "dead units", "validation", worst_dead_share);
    html += svg_chart(dead);
  }
  return html + "</div>\n</section>\n";
}

}  // namespace kilat
