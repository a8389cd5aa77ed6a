#include <memory>

#include <fmt/format.h>

#include <kilat/error.h>
#include <kilat/model_file.h>
#include <kilat/train.h>

#include "cli/commands.h"
#include "cli/device_options.h"
#include "cli/output.h"
#include "report/confusion.h"
#include "report/format.h"
#include "report/json.h"

namespace kilat {
namespace {

struct EvalOptions {
  std::string model;
  std::string data;
  std::string part = "test";
  DeviceOptions device;
  bool json = false;
};

Part parse_part(const std::string& text) {
  if (text == "train") return Part::train;
  if (text == "test") return Part::test;
  throw Error(fmt::format("--part: '{}' is none of train|test", text));
}

Json describe(const Confusion& confusion) {
  Json rows = Json::array();
  for (std::size_t i = 0; i < confusion.size(); ++i) {
    Json row = Json::array();
    for (std::size_t j = 0; j < confusion.size(); ++j) row.push_back(confusion.count(i, j));
    rows.push_back(row);
  }
  return rows;
}

Json describe(const std::vector<ClassScore>& scores) {
  Json all = Json::array();
  for (const ClassScore& score : scores) {
    all.push_back({{"label", score.label},
                   {"support", score.support},
                   {"precision", json_number(score.precision)},
                   {"recall", json_number(score.recall)},
                   {"f1", json_number(score.f1)}});
  }
  return all;
}

std::string in_words(const Dataset& data, const Score& score, const Confusion& confusion) {
  std::string text = fmt::format("{}: {} samples\naccuracy {}, loss {}\n\n", data.name, data.size(),
                                 percent_text(score.accuracy), loss_text(score.loss));
  text += "true \\ predicted";
  for (const std::uint8_t label : confusion.classes) text += fmt::format(" {:>5}", label);
  text += "    recall precision\n";
  const std::vector<ClassScore> scores = class_scores(confusion);
  for (std::size_t i = 0; i < confusion.size(); ++i) {
    text += fmt::format("{:>16}", confusion.classes[i]);
    for (std::size_t j = 0; j < confusion.size(); ++j) {
      text += fmt::format(" {:>5}", confusion.count(i, j));
    }
    text += fmt::format("  {:>8}  {:>8}\n", percent_text(scores[i].recall),
                        percent_text(scores[i].precision));
  }
  return text;
}

int run_eval(const EvalOptions& options) {
  const Part part = parse_part(options.part);
  const Network network = load_model(options.model).network;
  const Device device = options.device.choose();
  const Dataset data = load_part(find_data(options.data), part);
  const Score score = evaluate(network, data, device);
  const Confusion confusion = make_confusion(network.classes, class_indices(data, network.classes),
                                             predict(network, data.pixels, device));
  std::size_t hits = 0;
  for (std::size_t i = 0; i < confusion.size(); ++i) hits += confusion.count(i, i);
  if (!options.json) {
    print_result(in_words(data, score, confusion));
    return 0;
  }
  const Json result = {{"samples", data.size()},
                       {"loss", json_number(score.loss)},
                       {"accuracy", json_number(score.accuracy)},
                       {"errors", data.size() - hits},
                       {"classes", network.classes},
                       {"confusion", describe(confusion)},
                       {"per_class", describe(class_scores(confusion))}};
  print_json(result);
  return 0;
}

}  // namespace

void add_eval(CLI::App& app, Command& chosen) {
  CLI::App* command = app.add_subcommand("eval", "measure a model on a labelled data set");
  const auto options = std::make_shared<EvalOptions>();
  command->add_option("MODEL", options->model, "model file")->required();
  command->add_option("--data", options->data, kDataHelp)->type_name("DIR")->take_last();
  command->add_option("--part", options->part, "which files of the folder; test unless given")
      ->type_name("train|test")
      ->take_last();
  options->device.add_to(*command);
  command->add_flag("--json", options->json,
                    "print one object: samples, loss, accuracy, errors, classes, confusion (rows "
                    "are the true classes), per_class");
  command->callback([&chosen, options] { chosen = [options] { return run_eval(*options); }; });
}

}  // namespace kilat
