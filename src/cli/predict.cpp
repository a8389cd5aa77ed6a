#include <algorithm>
#include <charconv>
#include <limits>
#include <memory>
#include <optional>

#include <fmt/format.h>

#include <kilat/error.h>
#include <kilat/model_file.h>
#include <kilat/train.h>

#include "base/file.h"
#include "cli/commands.h"
#include "cli/device_options.h"
#include "cli/output.h"
#include "data/digit.h"
#include "data/png.h"
#include "report/confusion.h"
#include "report/format.h"
#include "report/json.h"

namespace kilat {
namespace {

namespace fs = std::filesystem;

struct PredictOptions {
  std::string model;
  std::vector<std::string> files;
  DeviceOptions device;
  bool json = false;
};

// Images ready for the network, and where each came from.
struct Inputs {
  struct Source {
    std::string file;
    std::optional<std::size_t> index;  // in an IDX file
  };
  std::vector<Source> sources;
  std::vector<std::uint8_t> pixels;  // [sources, features]
};

// FILE or FILE:INDEX; a file whose own name looks like that is a file.
Inputs::Source parse_source(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  std::error_code ignored;
  if (colon == std::string::npos || fs::exists(text, ignored)) return {text, {}};
  std::size_t index = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + colon + 1, end, index);
  if (error == std::errc::result_out_of_range) index = std::numeric_limits<std::size_t>::max();
  if (error == std::errc::invalid_argument || stop != end) return {text, {}};
  return {text.substr(0, colon), index};
}

void add_png(Inputs& inputs, const Inputs::Source& source, const Network& network) {
  try {
    const auto pixels = prepare_image(read_png(source.file), network.image_shape);
    inputs.pixels.insert(inputs.pixels.end(), pixels.begin(), pixels.end());
    inputs.sources.push_back(source);
  } catch (const Error& error) {
    const bool named = std::string(error.what()).starts_with(source.file);
    throw named ? error : Error(fmt::format("{}: {}", source.file, error.what()));
  }
}

void add_idx(Inputs& inputs, const Inputs::Source& source, const Network& network) {
  const Images images = load_images(source.file);
  if (images.features != network.features) {
    throw Error(fmt::format("{}: images of {} pixels, but the model takes {}", source.file,
                            images.features, network.features));
  }
  if (source.index && *source.index >= images.count) {
    throw Error(fmt::format("{}:{}: the file holds {} images, counted from 0", source.file,
                            *source.index, images.count));
  }
  const std::size_t first = source.index.value_or(0);
  const std::size_t last = source.index ? first + 1 : images.count;
  for (std::size_t i = first; i < last; ++i) inputs.sources.push_back({source.file, i});
  inputs.pixels.insert(inputs.pixels.end(), images.pixels.begin() + first * images.features,
                       images.pixels.begin() + last * images.features);
}

Inputs load(const std::vector<std::string>& files, const Network& network) {
  Inputs inputs;
  for (const std::string& text : files) {
    const Inputs::Source source = parse_source(text);
    if (is_png(source.file)) {
      if (source.index) throw Error(fmt::format("{}: a PNG holds one image: give no index", text));
      add_png(inputs, source, network);
    } else {
      add_idx(inputs, source, network);
    }
  }
  return inputs;
}

void print_array(const Inputs& inputs, const Network& network,
                 std::span<const float> probabilities) {
  Json all = Json::array();
  for (std::size_t i = 0; i < inputs.sources.size(); ++i) {
    const auto row = probabilities.subspan(i * network.outputs(), network.outputs());
    const std::size_t answer = most_probable(row);
    const Inputs::Source& source = inputs.sources[i];
    all.push_back({{"file", source.file},
                   {"index", source.index ? Json(*source.index) : Json(nullptr)},
                   {"label", network.classes[answer]},
                   {"probability", json_number(row[answer])},
                   {"probabilities", std::vector<float>(row.begin(), row.end())}});
  }
  print_json(all);
}

void print_text(const Inputs& inputs, const Network& network,
                std::span<const float> probabilities) {
  for (std::size_t i = 0; i < inputs.sources.size(); ++i) {
    const auto row = probabilities.subspan(i * network.outputs(), network.outputs());
    const std::size_t answer = most_probable(row);
    const Inputs::Source& source = inputs.sources[i];
    const std::string name =
        source.index ? fmt::format("{}:{}", source.file, *source.index) : source.file;
    print_result(
        fmt::format("{}: {} ({})\n", name, network.classes[answer], percent_text(row[answer])));
  }
}

int run_predict(const PredictOptions& options) {
  const Network network = load_model(options.model).network;
  const Device device = options.device.choose();
  const Inputs inputs = load(options.files, network);
  const std::vector<float> probabilities = predict(network, inputs.pixels, device);
  (options.json ? print_array : print_text)(inputs, network, probabilities);
  return 0;
}

}  // namespace

void add_predict(CLI::App& app, Command& chosen) {
  CLI::App* command = app.add_subcommand("predict", "recognise images with a model");
  command->footer(
      "A PNG may have any size and colours: dark on light is noticed, the digit is cropped, "
      "scaled\n"
      "and centred by mass as MNIST was made. Of an IDX file, FILE:INDEX takes one image (from "
      "0),\n"
      "FILE all of them.\n"
      "  kilat predict MODEL digit.png\n"
      "  kilat predict MODEL data/mnist/t10k-images-idx3-ubyte.gz:0");
  const auto options = std::make_shared<PredictOptions>();
  command->add_option("MODEL", options->model, "model file")->required();
  command->add_option("FILE", options->files, "PNG or IDX files")->required();
  options->device.add_to(*command);
  command->add_flag("--json", options->json,
                    "print an array of file, index, label, probability, probabilities");
  command->callback([&chosen, options] { chosen = [options] { return run_predict(*options); }; });
}

}  // namespace kilat
