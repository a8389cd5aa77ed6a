#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "report/format.h"
#include "report/html_sections.h"
#include "report/markup.h"

namespace kilat {
namespace {

// How strongly a cell is coloured, in [0, 1]. A right answer by its share of the row; a mistake by
// the square root of its share of the most frequent mistake, so that rare ones still show.
double strength(std::size_t count, std::size_t whole, bool right) {
  if (whole == 0) return 0;
  const double part = static_cast<double>(count) / static_cast<double>(whole);
  return right ? part : std::sqrt(part);
}

std::size_t most_frequent_mistake(const Confusion& confusion) {
  std::size_t most = 0;
  for (std::size_t i = 0; i < confusion.size(); ++i) {
    for (std::size_t j = 0; j < confusion.size(); ++j) {
      if (i != j) most = std::max(most, confusion.count(i, j));
    }
  }
  return most;
}

void add_row(std::string& html, const Confusion& confusion, std::size_t truth,
             const ClassScore& score, std::size_t most_mistakes) {
  html += fmt::format("<tr><th scope=\"row\">{}</th>", score.label);
  for (std::size_t j = 0; j < confusion.size(); ++j) {
    const std::size_t count = confusion.count(truth, j);
    const bool right = j == truth;
    if (count == 0) {
      html += right ? "<td class=\"zero\">0</td>" : "<td class=\"zero\">·</td>";
      continue;
    }
    const double alpha = strength(count, right ? score.support : most_mistakes, right);
    html += fmt::format(
        "<td class=\"{}\" style=\"--a:{:.2f}\" title=\"{} taken for {}: {} of {}\">"
        "{}</td>",
        right ? "right" : "wrong", 0.08 + 0.62 * alpha, score.label, confusion.classes[j], count,
        score.support, count);
  }
  html += fmt::format("<td class=\"edge\">{}</td></tr>\n", percent_text(score.recall));
}

std::string matrix(const Confusion& confusion, const std::vector<ClassScore>& scores) {
  std::string html = fmt::format(
      "<div class=\"wide\">\n<table class=\"matrix{}\">\n<thead><tr><th>true \\ predicted</th>",
      confusion.size() > 20 ? " dense" : "");
  for (const ClassScore& score : scores) {
    html += fmt::format("<th scope=\"col\">{}</th>", score.label);
  }
  html += "<th scope=\"col\">recall</th></tr></thead>\n<tbody>\n";
  const std::size_t most = most_frequent_mistake(confusion);
  for (std::size_t i = 0; i < scores.size(); ++i) add_row(html, confusion, i, scores[i], most);
  html += "</tbody>\n<tfoot><tr><th scope=\"row\">precision</th>";
  for (const ClassScore& score : scores) {
    html += fmt::format("<td class=\"edge\">{}</td>", percent_text(score.precision));
  }
  return html + "<td></td></tr></tfoot>\n</table>\n</div>\n";
}

std::string list(const std::vector<ClassScore>& scores) {
  std::string html =
      "<div class=\"wide\">\n<table class=\"list\">\n<thead><tr><th>class</th><th>samples</th>"
      "<th>recall</th><th>precision</th><th>F1</th></tr></thead>\n<tbody>\n";
  for (const ClassScore& score : scores) {
    html += fmt::format(
        "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
        score.label, score.support, percent_text(score.recall), percent_text(score.precision),
        percent_text(score.f1));
  }
  return html + "</tbody>\n</table>\n</div>\n";
}

}  // namespace

std::string html_confusion(const Confusion& confusion, std::string_view data_name) {
  if (confusion.size() == 0) return {};
  const std::vector<ClassScore> scores = class_scores(confusion);
  std::size_t samples = 0;
  for (const ClassScore& score : scores) samples += score.support;
  const bool small = confusion.size() <= kMatrixClasses;
  return fmt::format("<section>\n<h2>{}</h2>\n<p class=\"what\">On the {} data, {} samples.</p>\n",
                     small ? "What was taken for what" : "Class by class", escape(data_name),
                     count_text(static_cast<double>(samples))) +
         (small ? matrix(confusion, scores) : list(scores)) + "</section>\n";
}

}  // namespace kilat
