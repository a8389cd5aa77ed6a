#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/axis.h"
#include "report/decimate.h"
#include "report/not_finite.h"
#include "report/occurrences.h"
#include "report/svg_chart.h"

namespace kilat {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::vector<std::string> texts(const Axis& axis) {
  std::vector<std::string> found;
  for (const Tick& tick : axis.ticks) found.push_back(tick.text);
  return found;
}

Chart one_curve(std::vector<double> values) {
  Chart chart;
  chart.title = "Loss";
  chart.x_name = "epoch";
  chart.x.resize(values.size());
  std::iota(chart.x.begin(), chart.x.end(), 1.0);
  chart.curves = {{"train", "train", std::move(values)}};
  return chart;
}

TEST(LinearAxis, WidensToRoundTicks) {
  const Axis axis = linear_axis(0.03, 0.47, 5, Unit::number, true);
  EXPECT_THAT(texts(axis), ElementsAre("0.0", "0.1", "0.2", "0.3", "0.4", "0.5"));
  EXPECT_DOUBLE_EQ(axis.low, 0);
  EXPECT_DOUBLE_EQ(axis.high, 0.5);
  EXPECT_DOUBLE_EQ(axis.position(0.25), 0.5);
}

TEST(LinearAxis, KeepsItsRangeAndTicksWithin) {
  const Axis axis = linear_axis(1, 10, 6, Unit::number, false);
  EXPECT_THAT(texts(axis), ElementsAre("2", "4", "6", "8", "10"));
  EXPECT_EQ(axis.low, 1);
}

TEST(LinearAxis, PercentagesHaveTheDecimalsTheyNeed) {
  EXPECT_THAT(texts(linear_axis(0.981, 0.984, 3, Unit::percent, true)),
              ElementsAre("98.1 %", "98.2 %", "98.3 %", "98.4 %"));
  EXPECT_THAT(texts(linear_axis(0.1, 0.9, 3, Unit::percent, true)),
              ElementsAre("0 %", "50 %", "100 %"));
}

TEST(LinearAxis, ARangeOfOneValueHasRoomAroundIt) {
  for (const double value : {-3.0, 0.0, 0.1, 1e-12, 1e12, 1e99}) {
    const Axis axis = linear_axis(value, value, 5, Unit::number, true);
    EXPECT_LT(axis.low, value);
    EXPECT_GT(axis.high, value);
    EXPECT_GT(axis.ticks.size(), 1U);
    EXPECT_LT(axis.ticks.size(), 20U);
  }
}

TEST(LogAxis, HasTwoAndFiveBetweenFewDecades) {
  const Axis axis = log_axis(0.03, 0.9);
  EXPECT_THAT(texts(axis), ElementsAre("0.02", "0.05", "0.1", "0.2", "0.5", "1"));
  EXPECT_DOUBLE_EQ(axis.position(0.02), 0);
  EXPECT_DOUBLE_EQ(axis.position(1), 1);
  EXPECT_NEAR(axis.position(std::sqrt(0.02)), 0.5, 1e-12);
}

TEST(LogAxis, ReachesAroundEveryRangeWithFewTicks) {
  for (const double low : {1e-25, 3e-7, 0.1, 1.0, 7.0, 1e20}) {
    for (const double ratio : {1.0, 1.5, 10.0, 999.0, 1001.0, 1e9, 1e29}) {
      const Axis axis = log_axis(low, low * ratio);
      EXPECT_LE(axis.low, low * (1 + 1e-8));
      EXPECT_GE(axis.high, low * ratio * (1 - 1e-8));
      EXPECT_LT(axis.low, axis.high);
      EXPECT_LE(axis.ticks.size(), 14U) << low << " to " << low * ratio;
    }
  }
}

TEST(Decimate, LeavesFewPointsAlone) {
  EXPECT_THAT(decimate(std::vector<double>{3, 1, 2}, 4), ElementsAre(0, 1, 2));
  EXPECT_THAT(decimate({}, 4), IsEmpty());
}

TEST(Decimate, LeavesOutWhatIsNotFinite) {
  EXPECT_THAT(decimate(std::vector<double>{kNan, 1, kInfinity, 2, -kInfinity}, 4),
              ElementsAre(1, 3));
}

TEST(Decimate, KeepsEndsAndExtremesWithinTheLimit) {
  std::vector<double> values(100'000);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = std::sin(static_cast<double>(i));
  values[12'345] = 50;
  values[67'890] = -50;
  for (const std::size_t limit : {std::size_t{4}, std::size_t{5}, std::size_t{500}}) {
    const auto kept = decimate(values, limit);
    EXPECT_LE(kept.size(), limit);
    EXPECT_GE(kept.size(), limit - 1);
    EXPECT_TRUE(std::ranges::is_sorted(kept));
    EXPECT_EQ(std::ranges::adjacent_find(kept), kept.end());
    EXPECT_EQ(kept.front(), 0U);
    EXPECT_EQ(kept.back(), values.size() - 1);
    EXPECT_EQ(std::ranges::count(kept, 12'345U), 1);
    EXPECT_EQ(std::ranges::count(kept, 67'890U), 1);
  }
}

TEST(SvgChart, DrawsAPointForEachValueAndNamesThemOnHovering) {
  const std::string svg = svg_chart(one_curve({0.5, 0.25, 0.125}));
  EXPECT_EQ(occurrences(svg, "<circle class=\"dot"), 3U);
  EXPECT_THAT(svg, HasSubstr("<title>epoch 2\ntrain 0.2500</title>"));
}

TEST(SvgChart, RisingValuesRiseOnThePage) {
  const std::string svg = svg_chart(one_curve({0.0, 1.0}));
  EXPECT_THAT(svg, HasSubstr("d=\"M56.0 230.0L466.0 12.0\""));
}

TEST(SvgChart, RingsTheBestPoint) {
  Chart chart = one_curve({0.5, 0.25, 0.375});
  chart.best = Mark{0, 1};
  EXPECT_THAT(svg_chart(chart), HasSubstr("best 0.2500"));
}

TEST(SvgChart, AThousandEvaluationsStaySmall) {
  std::vector<double> values(1000);
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = 0.5 + 0.4 * std::sin(static_cast<double>(i * i));
  }
  const std::string svg = svg_chart(one_curve(values));
  const auto path = svg.find("class=\"curve");
  const std::string curve = svg.substr(path, svg.find("/>", path) - path);
  EXPECT_LE(std::ranges::count(curve, 'L') + 1, 500);
  EXPECT_GE(std::ranges::count(curve, 'L') + 1, 400);
  EXPECT_LE(occurrences(svg, "class=\"hover\""), 100U);
  EXPECT_LT(svg.size(), 40'000U);
}

TEST(SvgChart, SaysSoWhenNothingCanBeDrawn) {
  for (const auto& values : {std::vector<double>{}, {kNan}, {kInfinity, -kInfinity, 1e300}}) {
    const std::string svg = svg_chart(one_curve(values));
    EXPECT_THAT(svg, HasSubstr("Nothing to draw"));
    EXPECT_THAT(svg, Not(HasSubstr("<svg")));
  }
}

TEST(SvgChart, WhatIsNotFiniteIsSkipped) {
  Chart chart = one_curve({0.5, kNan, 0.25, kInfinity, 1e200});
  chart.best = Mark{0, 3};
  const std::string svg = svg_chart(chart);
  EXPECT_EQ(occurrences(svg, "<circle class=\"dot"), 2U);
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
  EXPECT_THAT(svg, Not(HasSubstr("inf")));
}

TEST(SvgChart, ZeroOnALogarithmicAxisFallsBackToALinearOne) {
  Chart chart = one_curve({1, 0.001, 0});
  chart.logarithmic = true;
  EXPECT_THAT(svg_chart(chart), Not(HasSubstr("nan")));
  EXPECT_THAT(svg_chart(chart), HasSubstr(">0.0</text>"));
}

TEST(SvgChart, EscapesItsTexts) {
  Chart chart = one_curve({1, 2});
  chart.title = "<b>&\"";
  chart.curves[0].name = "</title>";
  EXPECT_THAT(svg_chart(chart), Not(HasSubstr("<b>&\"")));
  EXPECT_THAT(svg_chart(chart), HasSubstr("&lt;/title&gt; 1.0000"));
}

}  // namespace
}  // namespace kilat
