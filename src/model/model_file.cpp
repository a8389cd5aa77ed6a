#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <kilat/error.h>
#include <kilat/model_file.h>

#include "model/model_metadata.h"
#include "model/safetensors.h"

namespace kilat {
namespace {

// A linear layer's place in nn.Sequential(Linear, ReLU, Linear, …) is twice its number.
std::string weight_name(std::size_t layer) { return fmt::format("{}.weight", 2 * layer); }
std::string bias_name(std::size_t layer) { return fmt::format("{}.bias", 2 * layer); }

// The tensors of one linear layer.
struct LayerTensors {
  const Tensor* weight = nullptr;
  const Tensor* bias = nullptr;
};

// The layers by their tensors' names. Throws Error when one is missing or has no place.
std::vector<LayerTensors> find_layers(const SafetensorsFile& contents) {
  std::map<std::string_view, const Tensor*> left;
  for (const Tensor& tensor : contents.tensors) left.emplace(tensor.name, &tensor);
  const auto take = [&left](const std::string& name) {
    const auto node = left.extract(name);
    return node.empty() ? nullptr : node.mapped();
  };

  std::vector<LayerTensors> layers;
  while (true) {
    const std::string weight = weight_name(layers.size());
    const std::string bias = bias_name(layers.size());
    const LayerTensors layer{take(weight), take(bias)};
    if (layer.weight == nullptr && layer.bias == nullptr) break;
    if (layer.weight == nullptr) throw Error(fmt::format("no tensor {} beside {}", weight, bias));
    if (layer.bias == nullptr) throw Error(fmt::format("no tensor {} beside {}", bias, weight));
    layers.push_back(layer);
  }
  constexpr const char* kNames = "a model's tensors are 0.weight, 0.bias, 2.weight, 2.bias, …";
  if (layers.empty()) throw Error(fmt::format("no tensor 0.weight; {}", kNames));
  if (!left.empty()) {
    throw Error(fmt::format("tensor {} has no place; {}", printable(left.begin()->first), kNames));
  }
  return layers;
}

void check_shape(const Tensor& tensor, const std::vector<std::size_t>& wanted) {
  if (tensor.shape == wanted) return;
  throw Error(fmt::format("tensor {}: shape [{}] where the layers need [{}]",
                          printable(tensor.name), fmt::join(tensor.shape, ", "),
                          fmt::join(wanted, ", ")));
}

// {features, hidden…, classes}. Throws Error for layers that do not fit together.
std::vector<std::size_t> find_widths(const std::vector<LayerTensors>& layers) {
  std::vector<std::size_t> widths;
  for (const auto& [weight, bias] : layers) {
    if (weight->shape.size() != 2) {
      throw Error(fmt::format("tensor {}: shape [{}] where a layer needs [out, in]",
                              printable(weight->name), fmt::join(weight->shape, ", ")));
    }
    const std::size_t out = weight->shape[0];
    if (widths.empty()) widths.push_back(weight->shape[1]);
    check_shape(*weight, {out, widths.back()});
    check_shape(*bias, {out});
    widths.push_back(out);
  }
  return widths;
}

// Copies a tensor's values to `to`. `what` is for the message: "layer 1: weight".
void copy_finite(const Tensor& tensor, std::span<float> to, const std::string& what) {
  const std::vector<float> values = tensor_values<float>(tensor);
  const auto bad = std::ranges::find_if(values, [](float x) { return !std::isfinite(x); });
  if (bad != values.end()) {
    throw Error(fmt::format("{} holds {}; the file comes from a run that diverged", what,
                            std::isnan(*bad) ? "NaN" : "infinity"));
  }
  std::ranges::copy(values, to.begin());
}

Model to_model(SafetensorsFile contents) {
  const std::vector<LayerTensors> tensors = find_layers(contents);
  Model model{make_network(find_widths(tensors)), {}};
  Network& network = model.network;
  const std::vector<LinearShape> layers = network.shapes();
  const std::span parameters(network.parameters);
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const auto [in, out, weight, bias] = layers[i];
    copy_finite(*tensors[i].weight, parameters.subspan(weight, in * out),
                fmt::format("layer {}: weight", i + 1));
    copy_finite(*tensors[i].bias, parameters.subspan(bias, out),
                fmt::format("layer {}: bias", i + 1));
  }
  apply_metadata(contents.metadata, network);
  model.metadata = std::move(contents.metadata);
  std::erase_if(model.metadata, [](const auto& entry) { return is_network_key(entry.first); });
  return model;
}

void check_consistent(const Network& network) {
  if (network.layers.empty() || network.classes.size() != network.outputs() ||
      network.parameters.size() != parameter_block_size(network.shapes())) {
    throw Error(
        fmt::format("network {}: its classes or parameters do not fit its widths", network.text()));
  }
}

}  // namespace

void save_model(const Network& network, const std::filesystem::path& file,
                const Metadata& metadata) {
  check_consistent(network);
  SafetensorsFile contents{{}, describe_network(network)};
  for (const auto& [key, text] : metadata) {
    if (is_network_key(key)) {
      throw Error(fmt::format("metadata {} is taken from the network; use another name", key));
    }
    contents.metadata[key] = text;
  }
  const std::vector<LinearShape> layers = network.shapes();
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const LinearShape& layer = layers[i];
    contents.tensors.push_back(
        make_tensor(weight_name(i), {layer.out, layer.in}, network.weight(layer)));
    contents.tensors.push_back(make_tensor(bias_name(i), {layer.out}, network.bias(layer)));
  }
  write_safetensors(file, contents);
}

Model load_model(const std::filesystem::path& file) {
  SafetensorsFile contents = read_safetensors(file);
  try {
    return to_model(std::move(contents));
  } catch (const Error& error) {
    throw Error(fmt::format("{}: {}", file.string(), error.what()), error.failure());
  }
}

}  // namespace kilat
