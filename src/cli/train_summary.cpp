#include "cli/train_summary.h"

#include <algorithm>
#include <cctype>
#include <string_view>

#include <fmt/format.h>

#include "report/format.h"
#include "report/quantiles.h"
#include "session/devices.h"

namespace kilat {
namespace {

std::string percent(const Json& value) {
  return percent_text(value.is_null() ? kNotMeasured : value.get<double>());
}

std::string score_line(const char* name, const Json& summary, const std::string& part) {
  const Json& loss = summary[part + "_loss"];
  if (loss.is_null()) return "";
  return fmt::format("{:<11} accuracy {}, loss {}\n", name, percent(summary[part + "_accuracy"]),
                     loss_text(loss.get<double>()));
}

// `text` as a shell takes it for one word.
std::string shell_word(const std::string& text) {
  const bool plain = !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string_view("-_./:+,=@%").find(static_cast<char>(c)) != std::string_view::npos;
  });
  if (plain) return text;
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + '\'';
}

Json spread(const std::vector<double>& values) {
  if (values.empty()) return nullptr;
  return {{"median", quantile(values, 0.5)},
          {"min", quantile(values, 0)},
          {"max", quantile(values, 1)}};
}

}  // namespace

std::string start_line(const Recipe& recipe, const Device& device, const Network& network,
                       const TrainingData& data) {
  const std::string engine = engine_text(device, recipe);
  return fmt::format(
      "{}: {} on {} samples ({} validation, {} test), batch {}; {}: {} ({}), "
      "first layer {}{}",
      recipe.name, network.text(), data.train.size(), data.validation.size(), data.test.size(),
      recipe.batch == 0 ? "full" : fmt::format("{}", recipe.batch), device.name, device.text,
      device.reason, first_layer_text(device, recipe, network, data.train),
      engine.empty() ? "" : fmt::format(", engine {}", engine));
}

Json summarise(const Recipe& recipe, const Device& device, const TrainingData& data,
               const TrainingResult& result, const std::string& model, double total_seconds) {
  const Evaluation& e = result.final;
  Json summary = {{"recipe", recipe.name},
                  {"device", device.name},
                  {"first_layer", first_layer_text(device, recipe, result.network, data.train)},
                  {"network", result.network.text()},
                  {"seed", recipe.seed},
                  {"threads", device.threads},
                  {"bits_depend_on_threads",
                   bits_depend_on_threads(device, recipe, result.network, data.train)},
                  {"train_samples", data.train.size()},
                  {"validation_samples", data.validation.size()},
                  {"epochs", result.epochs},
                  {"iterations", result.iterations},
                  {"stop_reason", to_string(result.stop_reason)},
                  {"train_loss", json_number(e.train.loss)},
                  {"train_accuracy", json_number(e.train.accuracy)},
                  {"validation_loss", json_number(e.validation.loss)},
                  {"validation_accuracy", json_number(e.validation.accuracy)},
                  {"test_loss", json_number(e.test.loss)},
                  {"test_accuracy", json_number(e.test.accuracy)},
                  {"train_seconds", result.train_seconds},
                  {"total_seconds", total_seconds},
                  {"samples_per_second", result.samples_per_second},
                  {"model", model},
                  {"weights_sha256", weights_sha256(result.network)}};
  if (!result.diagnosis.text.empty()) summary["diagnosis"] = result.diagnosis.text;
  return summary;
}

std::string summary_text(const Recipe& recipe, const TrainingResult& result, const Json& summary,
                         const std::string& folder) {
  std::string text =
      fmt::format("{} after {} iterations ({:.6g} epochs) in {:.1f} s, {:.0f} samples/s\n",
                  to_string(result.stop_reason), result.iterations, result.epochs,
                  result.train_seconds, result.samples_per_second);
  text += score_line("train", summary, "train");
  text += score_line("validation", summary, "validation");
  text += score_line("test", summary, "test");
  if (!recipe.published.empty()) {
    text += fmt::format("{:<11} the report: {}\n", "published", recipe.published);
  }
  text += fmt::format("{:<11} {}\n", "model", summary["model"].get<std::string>());
  text += fmt::format("{:<11} {}/report.html\n", "page", folder);
  return text;
}

std::string resume_command(const TrainOptions& options, const std::string& folder) {
  std::string command = "kilat train --resume " + shell_word(folder);
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) command += fmt::format(" --{} {}", name, shell_word(value));
  };
  add("data", options.data);
  add("model", options.model);
  add("device", options.device.device == "auto" ? "" : options.device.device);
  add("threads", options.device.threads == 0 ? "" : fmt::format("{}", options.device.threads));
  return command;
}

std::string outcome_text(const Json& run) {
  std::string text =
      fmt::format("{} after {} iterations in {:.1f} s", run["stop_reason"].get<std::string>(),
                  run["iterations"].get<std::size_t>(), run["total_seconds"].get<double>());
  for (const char* part : {"validation", "test"}) {
    const Json& accuracy = run[fmt::format("{}_accuracy", part)];
    if (!accuracy.is_null()) text += fmt::format(", {} accuracy {}", part, percent(accuracy));
  }
  return text;
}

Json summarise_seeds(const std::vector<Json>& runs, std::size_t at_once, double wall_seconds) {
  Json summary = {{"recipe", runs.front()["recipe"]},
                  {"network", runs.front()["network"]},
                  {"device", runs.front()["device"]},
                  {"threads", runs.front()["threads"]},
                  {"at_once", at_once},
                  {"wall_seconds", wall_seconds}};
  for (const char* part : {"train_loss", "train_accuracy", "validation_loss", "validation_accuracy",
                           "test_loss", "test_accuracy", "train_seconds", "total_seconds"}) {
    std::vector<double> values;
    for (const Json& run : runs) {
      if (!run[part].is_null()) values.push_back(run[part].get<double>());
    }
    summary[part] = spread(values);
  }
  summary["runs"] = runs;
  return summary;
}

std::string seeds_text(const Json& summary) {
  std::string text =
      fmt::format("{} seeds of {}, {}\n", summary["runs"].size(),
                  summary["recipe"].get<std::string>(), summary["network"].get<std::string>());
  for (const char* part : {"train", "validation", "test"}) {
    const Json& accuracy = summary[fmt::format("{}_accuracy", part)];
    if (accuracy.is_null()) continue;
    text +=
        fmt::format("{:<11} accuracy {} (median; {} to {})\n", part, percent(accuracy["median"]),
                    percent(accuracy["min"]), percent(accuracy["max"]));
  }
  const Json& seconds = summary["total_seconds"];
  text += fmt::format("{:<11} {:.1f} s a run (median; {:.1f} to {:.1f}), {:.1f} s for all\n",
                      "time", seconds["median"].get<double>(), seconds["min"].get<double>(),
                      seconds["max"].get<double>(), summary["wall_seconds"].get<double>());
  return text;
}

}  // namespace kilat
