#include "report/run_directory.h"

#include <ctime>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <kilat/error.h>
#include <kilat/model_file.h>

#include "base/file.h"
#include "base/version.h"
#include "report/confusion.h"
#include "report/history.h"
#include "report/html.h"
#include "report/tensorboard.h"
#include "session/devices.h"
#include "train/recipe_fields.h"

namespace kilat {
namespace {

namespace fs = std::filesystem;

// Checks that the model can be written, so that a long run does not fail at its end.
void require_writable(const fs::path& model) {
  std::error_code ignored;
  const fs::path parent = model.has_parent_path() ? model.parent_path() : fs::path(".");
  const auto refuse = [&](const std::string& reason) {
    throw Error(fmt::format("--model {}: {}", model.string(), reason));
  };
  if (fs::is_directory(model, ignored)) refuse("a folder; give the name of a file in it");
  if (!fs::exists(parent, ignored)) {
    refuse(fmt::format("the folder {} does not exist; create it first", parent.string()));
  }
  if (!fs::is_directory(parent, ignored)) {
    refuse(fmt::format("{} is not a folder; choose another place", parent.string()));
  }
  const fs::path& target = fs::exists(model, ignored) ? model : parent;
  if (access(target.c_str(), W_OK) != 0) refuse("no permission to write it; choose another place");
}

// The data set for the report's details: test, else validation, else training.
std::pair<std::string, const Dataset*> evaluated(const TrainingData& data) {
  if (!data.test.empty()) return {"test", &data.test};
  if (!data.validation.empty()) return {"validation", &data.validation};
  return {"training", &data.train};
}

std::string html(const FinishedRun& run) {
  const auto [name, set] = evaluated(run.data);
  const Network& network = run.result.network;
  const std::vector<float> probabilities = predict(network, set->pixels, run.device);
  const Confusion confusion =
      make_confusion(network.classes, class_indices(*set, network.classes), probabilities);
  constexpr std::size_t kMistakes = 30;
  const auto mistakes = worst_mistakes(*set, network.classes, probabilities, kMistakes);
  ReportInput input{.title = fmt::format("Kilat: {}", run.recipe.name),
                    .facts = {{"Recipe", run.recipe.name},
                              {"Data", run.data.train.name},
                              {"Device", run.device.text},
                              {"Seed", fmt::format("{}", run.recipe.seed)},
                              {"Kilat", version()}},
                    .options = option_texts(run.recipe),
                    .result = run.result,
                    .evaluated_name = name,
                    .confusion = &confusion,
                    .mistakes = mistakes};
  if (!run.recipe.published.empty()) input.facts.emplace_back("Published", run.recipe.published);
  return html_report(input);
}

std::string manifest(const FinishedRun& run) {
  Json weights = Json::array();
  for (const Evaluation& e : run.result.history) {
    if (e.weights_sha256.empty()) continue;
    weights.push_back({{"epoch", e.epoch}, {"sha256", e.weights_sha256}});
  }
  Json device = {{"name", run.device.name}, {"text", run.device.text}};
  const std::string engine = engine_text(run.device, run.recipe);
  if (!engine.empty()) device["engine"] = engine;
  const Json all = {
      {"result", run.summary},
      {"options", options_json(run.recipe)},
      {"data", run.data_json},
      {"device", device},
      {"versions",
       {{"kilat", version()}, {"onednn", onednn_version()}, {"compiler", compiler_version()}}},
      {"weights", weights}};
  return all.dump(2) + "\n";
}

}  // namespace

Json data_json(const TrainingData& data) {
  Json json = Json::object();
  const auto add = [&](const char* part, const Dataset& set) {
    if (!set.empty()) json[part] = {{"name", set.name}, {"sha256", sha256(set)}};
  };
  add("train", data.train);
  add("validation", data.validation);
  add("test", data.test);
  return json;
}

OutputFolder make_run_folder(const fs::path& wanted, const std::string& recipe) {
  if (!wanted.empty()) return OutputFolder::at(wanted);
  return OutputFolder::unused(fs::path("runs") / fmt::format("{}-{:%Y%m%d-%H%M%S}", recipe,
                                                             fmt::localtime(std::time(nullptr))));
}

RunDirectory::RunDirectory(const fs::path& wanted, const std::string& recipe, const fs::path& model)
    : folder_(make_run_folder(wanted, recipe)),
      model_(model.empty() ? path() / "model.safetensors" : model) {
  require_writable(model_);
}

void RunDirectory::write(const FinishedRun& run) const {
  const Recipe& recipe = run.recipe;
  save_model(run.result.network, model_,
             {{"recipe", recipe.name},
              {"seed", fmt::format("{}", recipe.seed)},
              {"stop_reason", std::string(to_string(run.result.stop_reason))},
              {"version", version()}});
  write_file(path() / "history.csv", history_csv(run.result.history));
  write_file(path() / "manifest.json", manifest(run));
  write_file(path() / "events.out.tfevents.kilat",
             tensorboard_events(run.result.history, run.wall_time_start));
  write_file(report(), html(run));
  std::error_code ignored;
  if (run.result.stop_reason != StopReason::interrupted) fs::remove(checkpoint(), ignored);
}

}  // namespace kilat
