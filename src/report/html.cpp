#include "report/html.h"

#include <cmath>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "report/format.h"
#include "report/html_sections.h"
#include "report/markup.h"

namespace kilat {
namespace {

// The drawing is a bolt of lightning.
constexpr std::string_view kBolt =
    "<svg class=\"bolt\" viewBox=\"0 0 24 32\" aria-hidden=\"true\">"
    "<path d=\"M14 0 1 18h9L7 32 23 12h-9l4-12z\"/></svg>";

std::string_view stop_sentence(StopReason reason) {
  switch (reason) {
    case StopReason::completed:
      return "Ran to its end";
    case StopReason::patience:
      return "Stopped early, without an improvement for long enough";
    case StopReason::drops:
      return "Stopped early, having fallen several times in a row";
    case StopReason::stuck:
      return "Got stuck";
    case StopReason::diverged:
      return "Diverged";
    case StopReason::interrupted:
      return "Interrupted";
  }
  return "Ended";
}

// One large figure; nothing where it was not measured.
std::string tile(std::string_view label, const std::string& figure, double value) {
  if (!std::isfinite(value)) return {};
  return fmt::format("<div class=\"tile\"><b>{}</b><span>{}</span></div>\n", figure, label);
}

std::string accuracy_tile(std::string_view label, const Score& score) {
  return tile(label, percent_text(score.accuracy), score.accuracy);
}

std::string header(const ReportInput& input) {
  const TrainingResult& result = input.result;
  const bool whole = result.epochs == std::floor(result.epochs);
  return fmt::format(
      "<header>\n<h1>{}{}</h1>\n<p class=\"what\">{}: {} epochs, {} "
      "iterations.</p>\n</header>\n",
      kBolt, escape(input.title), stop_sentence(result.stop_reason),
      whole ? count_text(result.epochs) : epoch_text(result.epochs),
      count_text(static_cast<double>(result.iterations)));
}

// What went wrong, if anything: the diagnosis first, then the warnings.
std::string notices(const TrainingResult& result) {
  std::string html;
  if (!result.diagnosis.text.empty()) {
    html += fmt::format("<p class=\"notice bad\">{}</p>\n", escape(result.diagnosis.text));
  }
  for (const std::string& warning : result.warnings) {
    html += fmt::format("<p class=\"notice\">{}</p>\n", escape(warning));
  }
  return html;
}

std::string score_row(std::string_view data, const Score& score) {
  if (std::isnan(score.loss) && std::isnan(score.accuracy)) return {};
  return fmt::format("<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td></tr>\n", data,
                     loss_text(score.loss), percent_text(score.accuracy));
}

std::string scores(const Evaluation& final) {
  const std::string rows = score_row("train", final.train) +
                           score_row("validation", final.validation) +
                           score_row("test", final.test);
  if (rows.empty()) return {};
  return "<table class=\"list\">\n<thead><tr><th>data</th><th>loss</th><th>accuracy</th></tr>"
         "</thead>\n<tbody>\n" +
         rows + "</tbody>\n</table>\n";
}

std::string fact_list(std::span<const Fact> facts) {
  if (facts.empty()) return {};
  std::string html = "<dl>\n";
  for (const auto& [label, value] : facts) {
    html += fmt::format("<div><dt>{}</dt><dd>{}</dd></div>\n", escape(label), escape(value));
  }
  return html + "</dl>\n";
}

std::string summary(const ReportInput& input) {
  const TrainingResult& result = input.result;
  const Evaluation& final = result.final;
  return "<section>\n<div class=\"tiles\">\n" + accuracy_tile("test accuracy", final.test) +
         accuracy_tile("validation accuracy", final.validation) +
         accuracy_tile("training accuracy", final.train) +
         tile("training time", duration_text(result.train_seconds), result.train_seconds) +
         tile("samples a second", count_text(result.samples_per_second),
              result.samples_per_second) +
         "</div>\n" + notices(result) + "<div class=\"summary\">\n" + fact_list(input.facts) +
         scores(final) + "</div>\n</section>\n";
}

std::string options(std::span<const Fact> options) {
  if (options.empty()) return {};
  return "<section>\n<h2>Every option</h2>\n<div class=\"options\">\n" + fact_list(options) +
         "</div>\n</section>\n";
}

std::string head(const std::string& title) {
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
      "style-src 'unsafe-inline'; img-src data:\">\n"
      "<link rel=\"icon\" href=\"data:,\">\n<title>{}</title>\n<style>\n{}</style>\n</head>\n",
      escape(title), html_style());
}

}  // namespace

std::string html_report(const ReportInput& input) {
  std::string html = head(input.title) + "<body>\n<main>\n" + header(input) + summary(input) +
                     html_charts(input.result.history);
  if (input.confusion != nullptr) html += html_confusion(*input.confusion, input.evaluated_name);
  html += html_mistakes(input.mistakes, input.evaluated_name);
  html += html_units(input.result.network);
  html += options(input.options);
  return html + "</main>\n<footer>Written by Kilat.</footer>\n</body>\n</html>\n";
}

}  // namespace kilat
