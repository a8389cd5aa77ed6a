#include "cli/run_fields.h"

#include <fmt/format.h>

#include <kilat/error.h>

#include "cli/number.h"

namespace kilat {
namespace {

RunField file(const char* name, const char* value, std::string TrainOptions::*field,
              const char* help) {
  return {name,
          kFilesGroup,
          value,
          help,
          [=](const TrainOptions& o) { return o.*field; },
          [=](TrainOptions& o, const std::string& text) { o.*field = text; }};
}

// `field(options)` is the switch.
template <class Field>
RunField toggle(const char* name, const char* group, const Field& field, const char* help) {
  return {name,
          group,
          "",
          help,
          [=](TrainOptions o) { return std::string(field(o) ? "true" : "false"); },
          [=](TrainOptions& o, const std::string& text) {
            if (text != "true" && text != "false") {
              throw Error(fmt::format("--{}: say true or false", name));
            }
            field(o) = text == "true";
          }};
}

}  // namespace

const std::vector<RunField>& run_fields() {
  static const std::vector<RunField> all = {
      file("data", "DIR", &TrainOptions::data, kDataHelp),
      file("run", "DIR", &TrainOptions::run,
           "folder for model, history, report, …; else runs/RECIPE-DATE-TIME"),
      file("model", "FILE", &TrainOptions::model,
           "where the model goes; else model.safetensors in the run's folder"),
      file("init-from", "MODEL", &TrainOptions::init_from,
           "start from a saved network's weights instead of drawn ones"),
      file("resume", "RUN", &TrainOptions::resume,
           "continue an interrupted run from its folder or checkpoint, with the recipe it had"),
      {"device", kDeviceGroup, "NAME", kDeviceHelp,
       [](const TrainOptions& o) { return o.device.device; },
       [](TrainOptions& o, const std::string& text) { o.device.device = text; }},
      {"threads", kDeviceGroup, "N", kThreadsHelp,
       [](const TrainOptions& o) { return fmt::format("{}", o.device.threads); },
       [](TrainOptions& o, const std::string& text) { o.device.set_threads(text); }},
      toggle(
          "graph", kDeviceGroup, [](TrainOptions& o) -> bool& { return o.device.graph; },
          kGraphHelp),
      toggle(
          "sync", kDeviceGroup, [](TrainOptions& o) -> bool& { return o.device.sync; }, kSyncHelp),
      {"seeds", kOutputGroup, "N",
       "train N times, with seed, seed+1, …; report median and spread; on the CPU at once, one "
       "thread each, where that is quicker",
       [](const TrainOptions& o) { return fmt::format("{}", o.seeds); },
       [](TrainOptions& o, const std::string& text) {
         o.seeds = whole_number<std::size_t>("seeds", text, 1);
       }},
      toggle(
          "json", kOutputGroup, [](TrainOptions& o) -> bool& { return o.json; },
          "print the result as one JSON object to stdout"),
      toggle(
          "quiet", kOutputGroup, [](TrainOptions& o) -> bool& { return o.quiet; },
          "show no progress"),
  };
  return all;
}

}  // namespace kilat
