#include "train/checkpoint.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string_view>

#include <fmt/format.h>

#include <kilat/error.h>

#include "backend/arithmetic.h"
#include "base/sha256.h"
#include "model/model_metadata.h"
#include "model/safetensors.h"
#include "step/optimizer.h"
#include "train/recipe_fields.h"

namespace kilat {
namespace {

using nlohmann::json;

constexpr const char* kKey = "kilat.checkpoint";
constexpr const char* kArithmetic = "arithmetic";  // of docs/arithmetic.md, where bits are defined
// Options that checkpoints of the first version do not hold: they then have the recipe's values.
constexpr std::array<std::string_view, 8> kAdded = {
    "augment", "optimizer", "beta1", "beta2", "epsilon", "activation", "negative-slope", "engine"};
bool is_added(const RecipeField& field) {
  return std::ranges::find(kAdded, field.name) != kAdded.end();
}

// Format versions. A checkpoint that older programs would misread has the second.
constexpr int kFirst = 1, kSecond = 2;
int version_of(const Recipe& recipe) {
  const Recipe usual;
  const auto is_new = [&](const RecipeField& field) {
    return is_added(field) && field.text(recipe) != field.text(usual);
  };
  return std::ranges::any_of(recipe_fields(), is_new) ? kSecond : kFirst;
}

// JSON has no NaN: a number that was not measured is null.
double number(const json& value) { return value.is_null() ? kNotMeasured : value.get<double>(); }
json to_json(const Score& score) { return json::array({score.loss, score.accuracy}); }
Score to_score(const json& value) { return {number(value.at(0)), number(value.at(1))}; }

json to_json(const Evaluation& e) {
  return {{"iteration", e.iteration},
          {"epoch", e.epoch},
          {"train", to_json(e.train)},
          {"validation", to_json(e.validation)},
          {"test", to_json(e.test)},
          {"learning_rate", e.learning_rate},
          {"dead", e.dead},
          {"train_seconds", e.train_seconds},
          {"weights_sha256", e.weights_sha256}};
}

Evaluation to_evaluation(const json& value) {
  Evaluation e;
  value.at("iteration").get_to(e.iteration);
  e.epoch = number(value.at("epoch"));
  e.train = to_score(value.at("train"));
  e.validation = to_score(value.at("validation"));
  e.test = to_score(value.at("test"));
  e.learning_rate = number(value.at("learning_rate"));
  value.at("dead").get_to(e.dead);
  e.train_seconds = number(value.at("train_seconds"));
  value.at("weights_sha256").get_to(e.weights_sha256);
  return e;
}

json to_json(const std::optional<double>& value) { return value ? json(*value) : json(nullptr); }
std::optional<double> to_optional(const json& value) {
  return value.is_null() ? std::nullopt : std::optional(value.get<double>());
}

json to_json(const EarlyStopping::State& s) {
  return {{"best", to_json(s.best)},
          {"best_iteration", s.best_iteration},
          {"without_improvement", s.without_improvement},
          {"previous", to_json(s.previous)},
          {"drops", s.drops}};
}

EarlyStopping::State to_stopping(const json& value) {
  EarlyStopping::State s;
  s.best = to_optional(value.at("best"));
  value.at("best_iteration").get_to(s.best_iteration);
  value.at("without_improvement").get_to(s.without_improvement);
  s.previous = to_optional(value.at("previous"));
  value.at("drops").get_to(s.drops);
  return s;
}

json to_json(const Recipe& recipe) {
  json fields = {{"recipe", recipe.name}};
  for (const auto& [name, text] : option_texts(recipe)) fields[name] = text;
  return fields;
}

Recipe to_recipe(const json& fields) {
  Recipe recipe;
  fields.at("recipe").get_to(recipe.name);
  for (const Recipe& known : recipes()) {
    if (known.name == recipe.name) recipe = known;
  }
  for (const RecipeField& field : recipe_fields()) {
    if (is_added(field) && !fields.contains(field.name)) continue;
    field.set(recipe, fields.at(field.name).get<std::string>());
  }
  validate(recipe);
  return recipe;
}

json to_json(const Checkpoint& c) {
  json history = json::array();
  for (const Evaluation& e : c.history) history.push_back(to_json(e));
  json all = {{"version", version_of(c.recipe)},
              {"recipe", to_json(c.recipe)},
              {"widths", c.network.widths()},
              {"iteration", c.iteration},
              {"kept_iteration", c.kept_iteration},
              {"stopping", to_json(c.stopping)},
              {"history", history},
              {"train_seconds", c.train_seconds},
              {"data_sha256", c.data_sha256}};
  if (c.recipe.engine == Engine::resident) all[kArithmetic] = kPortableVersion;
  return all;
}

Checkpoint from_json(const json& value) {
  const int version = value.at("version").get<int>();
  if (version < kFirst || version > kSecond) throw Error("of another version of Kilat");
  const int arithmetic = value.value(kArithmetic, kPortableVersion);
  if (arithmetic != kPortableVersion) {
    throw Error(
        fmt::format("of arithmetic {}, this Kilat has {}: go on with the Kilat that made it",
                    arithmetic, kPortableVersion));
  }
  Checkpoint c;
  c.recipe = to_recipe(value.at("recipe"));
  value.at("iteration").get_to(c.iteration);
  value.at("kept_iteration").get_to(c.kept_iteration);
  c.stopping = to_stopping(value.at("stopping"));
  for (const json& e : value.at("history")) c.history.push_back(to_evaluation(e));
  value.at("train_seconds").get_to(c.train_seconds);
  value.at("data_sha256").get_to(c.data_sha256);
  return c;
}

std::vector<float> block(const SafetensorsFile& file, const char* name) {
  const Tensor* tensor = file.find(name);
  if (tensor == nullptr) throw Error(fmt::format("the tensor '{}' is missing", name));
  return tensor_values<float>(*tensor);
}

Checkpoint decode(const SafetensorsFile& contents, const std::string& text) {
  const json value = json::parse(text);
  Checkpoint c = from_json(value);
  const auto widths = value.at("widths").get<std::vector<std::size_t>>();
  const Rule rule = optimizer_of(c.recipe).rule;
  c.state.parameters = block(contents, "parameters");
  for (std::size_t k = 0; k < state_blocks(rule); ++k) {
    c.state.optimizer.push_back(block(contents, state_name(rule, k)));
  }
  std::vector<float> kept = block(contents, "kept");
  // Checks the widths against the tensors before using them.
  const std::size_t size = parameter_block_size(linear_shapes(widths));
  const auto fits = [&](const std::vector<float>& values) { return values.size() == size; };
  if (!fits(kept) || !fits(c.state.parameters) ||
      !std::all_of(c.state.optimizer.begin(), c.state.optimizer.end(), fits)) {
    throw Error("its tensors do not have the size of its network");
  }
  c.network = make_network(widths);
  apply_metadata(contents.metadata, c.network);
  c.network.parameters = std::move(kept);
  return c;
}

}  // namespace

std::string sha256(const Dataset& data) {
  Sha256 hash;
  const std::uint64_t features = data.features;
  std::array<std::uint8_t, 8> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<std::uint8_t>(features >> (8 * i));
  }
  hash.add(bytes);
  hash.add(data.pixels);
  hash.add(data.labels);
  return hash.hex();
}

void save_checkpoint(const Checkpoint& c, const std::filesystem::path& file) {
  const std::vector<std::size_t> shape = {c.state.parameters.size()};
  SafetensorsFile contents;
  contents.tensors = {make_tensor("parameters", shape, c.state.parameters),
                      make_tensor("kept", shape, c.network.parameters)};
  const Rule rule = optimizer_of(c.recipe).rule;
  for (std::size_t k = 0; k < state_blocks(rule); ++k) {
    contents.tensors.push_back(make_tensor(state_name(rule, k), shape, c.state.optimizer.at(k)));
  }
  contents.metadata = describe_network(c.network);
  contents.metadata[kKey] = to_json(c).dump();
  write_safetensors(file, contents);
}

Checkpoint load_checkpoint(const std::filesystem::path& file) {
  const SafetensorsFile contents = read_safetensors(file);
  const auto found = contents.metadata.find(kKey);
  if (found == contents.metadata.end()) {
    throw Error(
        fmt::format("{}: not a checkpoint of Kilat (a model? see --init-from)", file.string()));
  }
  try {
    return decode(contents, found->second);
  } catch (const json::exception& error) {
    throw Error(fmt::format("{}: a damaged checkpoint: {}", file.string(), error.what()));
  } catch (const Error& error) {
    throw Error(fmt::format("{}: cannot be resumed: {}", file.string(), error.what()));
  }
}

}  // namespace kilat
