#include <algorithm>

#include <fmt/format.h>

#include <kilat/error.h>
#include <kilat/train.h>

#include "session/devices.h"
#include "train/augmentation.h"
#include "train/recipe_fields.h"
#include "train/run.h"

namespace kilat {
namespace {

void require_consistent(const Network& network) {
  const std::size_t size = parameter_block_size(network.shapes());
  if (network.parameters.size() != size || network.classes.size() != network.outputs()) {
    throw Error(fmt::format("a {} network has {} parameters and {} classes, not {} and {}",
                            network.text(), size, network.outputs(), network.parameters.size(),
                            network.classes.size()));
  }
}

void require_fit(const Network& network, const Dataset& data) {
  if (data.pixels.size() != data.size() * data.features) {
    throw Error(fmt::format("{}: {} labels, but {} pixels of {} an image", data.name, data.size(),
                            data.pixels.size(), data.features));
  }
  if (data.features != network.features) {
    throw Error(fmt::format("{}: images of {} pixels, but the network takes {}", data.name,
                            data.features, network.features));
  }
}

void require_fit(const Checkpoint& checkpoint, const Recipe& recipe, const Network& network,
                 const TrainingData& data) {
  for (const RecipeField& field : recipe_fields()) {
    if (field.text(checkpoint.recipe) == field.text(recipe)) continue;
    throw Error(fmt::format("the checkpoint was made with --{} {}, this run has {}", field.name,
                            field.text(checkpoint.recipe), field.text(recipe)));
  }
  if (checkpoint.network.layers != network.layers) {
    throw Error(fmt::format("the checkpoint is of a {} network, this run is of a {}",
                            checkpoint.network.text(), network.text()));
  }
  if (checkpoint.data_sha256 != sha256(data.train)) {
    throw Error("the checkpoint was made with other training data: give the same --data and split");
  }
}

}  // namespace

std::string_view to_string(StopReason reason) {
  switch (reason) {
    case StopReason::completed:
      return "completed";
    case StopReason::patience:
      return "patience";
    case StopReason::drops:
      return "drops";
    case StopReason::stuck:
      return "stuck";
    case StopReason::diverged:
      return "diverged";
    case StopReason::interrupted:
      return "interrupted";
  }
  return "";
}

std::size_t batch_size(const Recipe& recipe, std::size_t samples) {
  return recipe.batch == 0 ? samples : std::min(recipe.batch, samples);
}

Activation activation_of(const Recipe& recipe) {
  const bool leaks = recipe.activation == ActivationKind::leaky_relu;
  return {recipe.activation, leaks ? recipe.negative_slope : 0};
}

Network initial_network(const Recipe& recipe, const Dataset& train) {
  validate(recipe);
  if (train.empty()) throw Error("there are no training samples");
  require_augmentable(recipe, train);
  std::vector<std::uint8_t> classes = find_classes(train);
  std::vector<std::size_t> widths = {train.features};
  widths.insert(widths.end(), recipe.hidden.begin(), recipe.hidden.end());
  widths.push_back(classes.size());
  Network network = make_network(widths, activation_of(recipe));
  network.normalisation = make_normalisation(recipe.normalise, train);
  network.classes = std::move(classes);
  network.image_shape = train.shape;
  initialise(network, recipe.init, recipe.init_scale, recipe.seed);
  return network;
}

TrainingResult train(const Recipe& recipe, const TrainingData& data, Network start,
                     const Device& device, const TrainingHooks& hooks, const Checkpoint* resume) {
  validate(recipe);
  if (data.train.empty()) throw Error("there are no training samples");
  require_augmentable(recipe, data.train);
  require_consistent(start);
  for (const Dataset* set : {&data.train, &data.validation, &data.test}) {
    if (!set->empty()) require_fit(start, *set);
  }
  if (resume != nullptr) require_fit(*resume, recipe, start, data);
  Run run(recipe, data, std::move(start), device, hooks);
  if (resume != nullptr) run.resume(*resume);
  return run.finish();
}

Score evaluate(const Network& network, const Dataset& data, const Device& device) {
  require_consistent(network);
  require_fit(network, data);
  return make_classifier(device, network)->evaluate(data);
}

std::vector<float> predict(const Network& network, std::span<const std::uint8_t> pixels,
                           const Device& device) {
  require_consistent(network);
  if (pixels.size() % network.features != 0) {
    throw Error(fmt::format("{} pixels are no whole number of images of {}", pixels.size(),
                            network.features));
  }
  return make_classifier(device, network)->probabilities(pixels);
}

}  // namespace kilat
