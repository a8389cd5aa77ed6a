#include "report/html.h"

#include <cctype>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/html_sections.h"
#include "report/markup.h"
#include "report/not_finite.h"
#include "report/occurrences.h"

namespace kilat {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

bool is_void(std::string_view name) {
  return name == "meta" || name == "link" || name == "img" || name == "br";
}

// Expects every element to be closed in its order and every < and & to belong to markup.
void expect_well_formed(std::string_view html) {
  std::vector<std::string_view> open;
  for (std::size_t at = html.find('<'); at != html.npos; at = html.find('<', at)) {
    const std::size_t end = html.find('>', at);
    ASSERT_NE(end, html.npos);
    const std::string_view tag = html.substr(at + 1, end - at - 1);
    ASSERT_EQ(tag.find('<'), tag.npos) << tag;
    EXPECT_EQ(occurrences(tag, "\"") % 2, 0U) << tag;
    at = end;
    if (tag.starts_with("!DOCTYPE")) continue;
    const std::string_view name = tag.substr(0, tag.find_first_of(" \n/", 1));
    if (tag.starts_with('/')) {
      ASSERT_FALSE(open.empty()) << tag;
      ASSERT_EQ(tag.substr(1), open.back());
      open.pop_back();
    } else if (!tag.ends_with('/') && !is_void(name)) {
      open.push_back(name);
    }
  }
  EXPECT_TRUE(open.empty()) << open.back();
  for (std::size_t at = html.find('&'); at != html.npos; at = html.find('&', at + 1)) {
    const std::string_view rest = html.substr(at, 6);
    EXPECT_NE(rest.find(';'), rest.npos) << rest;
  }
}

// Expects no figure of the page to be NaN or infinite; data URIs and English words may hold "inf".
void expect_no_broken_figures(std::string html) {
  for (auto at = html.find("data:image"); at != html.npos; at = html.find("data:image")) {
    html.erase(at, html.find('"', at) - at);
  }
  for (const char* broken : {"nan", "NaN", "\"inf", " inf", "-inf", ">inf"}) {
    EXPECT_EQ(html.find(broken), html.npos) << html.substr(html.find(broken), 80);
  }
}

Evaluation evaluation_at(double epoch) {
  Evaluation row;
  row.iteration = static_cast<std::size_t>(100 * epoch);
  row.epoch = epoch;
  row.train = {0.5 / epoch, 1 - 0.1 / epoch};
  row.validation = {0.6 / epoch, 1 - 0.12 / epoch};
  row.learning_rate = 0.1;
  row.dead = {0};
  return row;
}

// A network of 2 x 3 pixels, 50 hidden units and the classes 4 and 7.
TrainingResult example_result() {
  TrainingResult result;
  result.network = make_network({6, 50, 2});
  result.network.classes = {4, 7};
  result.network.image_shape = {2, 3};
  for (std::size_t i = 0; i < result.network.parameters.size(); ++i) {
    result.network.parameters[i] = static_cast<float>(i % 13) - 6;
  }
  for (int epoch = 1; epoch <= 5; ++epoch) result.history.push_back(evaluation_at(epoch));
  result.final = result.history.back();
  result.final.test = {0.1, 0.9876};
  result.iterations = 1234;
  result.epochs = 5;
  result.train_seconds = 252.2;
  result.samples_per_second = 98765.4;
  return result;
}

std::string report_of(const TrainingResult& result) {
  return html_report({"A run", {}, {}, result, "test", nullptr, {}});
}

TEST(HtmlReport, IsWellFormedAndSelfContained) {
  const TrainingResult result = example_result();
  const Confusion confusion{{4, 7}, {95, 5, 3, 97}};
  const std::vector<Misclassified> mistakes = {{17, 4, 7, 0.998F, {2, 3, {0, 1, 2, 3, 4, 255}}}};
  const std::string html = html_report(
      {"A run", {{"Recipe", "classic"}}, {{"batch", "128"}}, result, "test", &confusion, mistakes});
  expect_well_formed(html);
  expect_no_broken_figures(html);
  EXPECT_THAT(html, Not(HasSubstr("<script")));
  EXPECT_THAT(html, Not(HasSubstr("http:")));
  EXPECT_THAT(html, Not(HasSubstr("https:")));
  EXPECT_THAT(html, AllOf(HasSubstr("98.76 %"), HasSubstr("4 min 12 s"), HasSubstr("98,765"),
                          HasSubstr("Recipe"), HasSubstr("classic"), HasSubstr("batch")));
  EXPECT_THAT(html, AllOf(HasSubstr("4 taken for 7: 5 of 100"), HasSubstr("95.00 %")));
  EXPECT_THAT(html, AllOf(HasSubstr("sample 17: 4 taken for 7"), HasSubstr("99.80 %")));
}

TEST(HtmlReport, EscapesAllTextThatIsNotItsOwn) {
  const std::string evil = "</title></style><script>alert(\"&'\")</script>\xFF";
  TrainingResult result = example_result();
  result.diagnosis.text = evil;
  result.warnings = {evil};
  const Confusion confusion{{4, 7}, {1, 0, 0, 1}};
  const std::vector<Misclassified> mistakes = {{0, 4, 7, 0.5F, {1, 1, {0}}}};
  const std::string html =
      html_report({evil, {{evil, evil}}, {{evil, evil}}, result, evil, &confusion, mistakes});
  expect_well_formed(html);
  EXPECT_THAT(html, Not(HasSubstr("<script")));
  EXPECT_THAT(html, Not(HasSubstr("\xFF")));
  EXPECT_EQ(occurrences(html, "&lt;script&gt;"), 10U);
}

TEST(HtmlReport, ADivergedRunDoesNotBreakThePage) {
  TrainingResult result = example_result();
  result.stop_reason = StopReason::diverged;
  result.diagnosis = {7, "layer 0: weight", "the loss overflowed at iteration 7"};
  for (const double value : {kNotMeasured, kInfinity, -kInfinity, 1e300}) {
    Evaluation row = evaluation_at(6);
    row.train = row.validation = row.test = {value, value};
    row.learning_rate = row.epoch = row.train_seconds = value;
    row.dead = {value};
    result.history.push_back(row);
    result.final = row;
  }
  result.final.train = {kInfinity, kNotMeasured};
  result.train_seconds = result.samples_per_second = result.epochs = kNotMeasured;
  for (float& weight : result.network.parameters) weight = std::numeric_limits<float>::quiet_NaN();
  const std::string html = report_of(result);
  expect_well_formed(html);
  expect_no_broken_figures(html);
  EXPECT_THAT(html, AllOf(HasSubstr("Diverged"), HasSubstr("overflowed at iteration 7")));
}

TEST(HtmlReport, AnEmptyResultIsAPageToo) {
  const std::string html = report_of({});
  expect_well_formed(html);
  expect_no_broken_figures(html);
  EXPECT_THAT(html, Not(HasSubstr("<figure")));
}

TEST(HtmlReport, AThousandEvaluationsStaySmall) {
  TrainingResult result = example_result();
  for (int epoch = 6; epoch <= 1000; ++epoch) result.history.push_back(evaluation_at(epoch));
  EXPECT_LT(report_of(result).size(), 200'000U);
}

TEST(HtmlCharts, ShowDeadUnitsOnlyWhereThereAreAny) {
  std::vector<Evaluation> history = {evaluation_at(1), evaluation_at(2)};
  EXPECT_THAT(html_charts(history), Not(HasSubstr("Dead units")));
  history[1].dead = {0, 0.25};
  EXPECT_THAT(html_charts(history), HasSubstr("Dead units"));
}

TEST(HtmlCharts, MarkTheBestValidation) {
  std::vector<Evaluation> history = {evaluation_at(1), evaluation_at(2), evaluation_at(3)};
  history[1].validation = {0.0123, 0.9876};
  EXPECT_THAT(html_charts(history), AllOf(HasSubstr("best 0.0123"), HasSubstr("best 98.76 %")));
  for (Evaluation& row : history) row.validation = {};
  history[2].train = {0.0456, 0.9999};
  EXPECT_THAT(html_charts(history), AllOf(HasSubstr("best 0.0456"), HasSubstr("best 99.99 %")));
}

TEST(HtmlConfusion, OfVeryManyClassesIsAList) {
  Confusion confusion;
  for (int label = 0; label < 256; ++label) {
    confusion.classes.push_back(static_cast<std::uint8_t>(label));
  }
  confusion.counts.resize(256 * 256);
  const std::string html = html_confusion(confusion, "test");
  expect_well_formed(html);
  EXPECT_EQ(occurrences(html, "<tr>"), 257U);
  EXPECT_LT(html.size(), 50'000U);
}

TEST(HtmlUnits, ShowsTheStrongestFirstAndAtMostForty) {
  Network network = example_result().network;
  for (float& weight : network.parameters) weight = 1;
  const LinearShape first = network.shapes()[0];
  network.parameters[first.weight + 33 * first.in] = 100;
  const std::string html = html_units(network);
  expect_well_formed(html);
  EXPECT_EQ(occurrences(html, "<img"), 40U);
  EXPECT_LT(html.find("unit 33\""), html.find("unit 0\""));
}

TEST(HtmlUnits, WithoutHiddenLayersShowsTheClasses) {
  Network network = make_network({6, 2});
  network.classes = {4, 7};
  network.image_shape = {2, 3};
  EXPECT_THAT(html_units(network), AllOf(HasSubstr("class 4"), HasSubstr("class 7")));
}

TEST(HtmlUnits, ShowsNothingForPlainRowsOrImagesTooLarge) {
  Network network = example_result().network;
  network.image_shape = {6};
  EXPECT_EQ(html_units(network), "");
  network.image_shape = {3, 3};
  EXPECT_EQ(html_units(network), "");
}

TEST(Escape, WritesMarkupAsReferences) {
  EXPECT_EQ(escape("a<b>&\"c'"), "a&lt;b&gt;&amp;&quot;c&#39;");
}

TEST(Escape, KeepsUtf8AndReplacesWhatIsNot) {
  EXPECT_EQ(escape("kilat ⚡ naïve 𝄞"), "kilat ⚡ naïve 𝄞");
  EXPECT_EQ(escape("\xE9tude"), "\xEF\xBF\xBDtude");                          // Latin-1
  EXPECT_EQ(escape("\xC0\xAF"), "\xEF\xBF\xBD\xEF\xBF\xBD");                  // overlong
  EXPECT_EQ(escape("\xED\xA0\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");  // surrogate
  EXPECT_EQ(escape("\xE2\x82"), "\xEF\xBF\xBD\xEF\xBF\xBD");                  // cut short
  EXPECT_EQ(escape(std::string_view("a\0b\x1B", 4)),
            "a\xEF\xBF\xBD"
            "b\xEF\xBF\xBD");
}

}  // namespace
}  // namespace kilat
