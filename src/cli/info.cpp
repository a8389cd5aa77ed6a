#include <memory>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <kilat/device.h>
#include <kilat/error.h>
#include <kilat/model_file.h>

#include "base/version.h"
#include "cli/commands.h"
#include "cli/devices.h"
#include "cli/output.h"
#include "report/json.h"

namespace kilat {
namespace {

struct InfoOptions {
  std::string model;
  bool devices = false;
  bool json = false;
};

// The folder of data in use without --data, if there is one.
Json describe_data() try { return find_data().string(); } catch (const Error&) {
  return nullptr;
}

Json describe_program() {
  const Device device = choose_device();
  return {{"kilat", version()},    {"onednn", onednn_version()}, {"compiler", compiler_version()},
          {"device", device.name}, {"device_text", device.text}, {"data", describe_data()}};
}

Json describe_model(const std::string& file) {
  const Model model = load_model(file);
  const Network& network = model.network;
  std::size_t parameters = 0;
  for (const LinearShape& layer : network.shapes()) parameters += layer.out * (layer.in + 1);
  return {{"file", file},
          {"network", network.text()},
          {"parameters", parameters},
          {"image_shape", network.image_shape},
          {"classes", network.classes},
          {"shift", network.normalisation.shift},
          {"scale", network.normalisation.scale},
          {"weights_sha256", weights_sha256(network)},
          {"metadata", model.metadata}};
}

std::string in_words(const Json& value) {
  if (value.is_null()) return "-";
  return value.is_string() ? value.get<std::string>() : value.dump();
}

int print_devices(const InfoOptions& options) {
  if (!options.model.empty()) throw Error("info: give a model or --devices, not both");
  if (options.json) {
    print_json(describe_devices());
  } else {
    print_result(devices_text());
  }
  return 0;
}

int print_info(const InfoOptions& options) {
  if (options.devices) return print_devices(options);
  const Json facts = options.model.empty() ? describe_program() : describe_model(options.model);
  if (options.json) {
    print_json(facts);
    return 0;
  }
  for (const auto& [name, value] : facts.items()) {
    print_result(fmt::format("{:<15} {}\n", name, in_words(value)));
  }
  return 0;
}

}  // namespace

void add_info(CLI::App& app, Command& chosen) {
  CLI::App* command =
      app.add_subcommand("info", "describe a model file, or this build and its device");
  const auto options = std::make_shared<InfoOptions>();
  command->add_option("MODEL", options->model, "model file; without one: this build");
  command->add_flag("--devices", options->devices, "list the CPU and the GPUs");
  command->add_flag("--json", options->json, "print one JSON object");
  command->callback([&chosen, options] { chosen = [options] { return print_info(*options); }; });
}

}  // namespace kilat
