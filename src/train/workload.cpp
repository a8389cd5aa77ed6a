#include "train/workload.h"

#include <fmt/format.h>

#include <kilat/error.h>

#include "session/devices.h"
#include "train/memory.h"
#include "train/training_data.h"

namespace kilat {
namespace {

void require_same_pixels(const Network& network, const Dataset& data) {
  if (data.empty() || data.features == network.features) return;
  throw Error(fmt::format("{}: images of {} pixels, but those to train on have {}", data.name,
                          data.features, network.features));
}

}  // namespace

std::size_t Workload::batch() const { return batch_size(recipe, data.train.size()); }

std::size_t Workload::steps_per_epoch() const {
  return (data.train.size() + batch() - 1) / batch();
}

std::string Workload::text() const {
  const bool full = batch() == data.train.size();
  return fmt::format("{} on {} samples, batch {}", network.text(), data.train.size(),
                     full ? "full" : fmt::format("{}", batch()));
}

Workload load_workload(const Recipe& recipe, const std::filesystem::path& folder) {
  Workload work{.recipe = recipe, .data = {}, .network = {}};
  work.data = load_training_data(folder, work.recipe);
  require_memory(work.recipe, work.data.train);
  work.network = initial_network(work.recipe, work.data.train);
  require_same_pixels(work.network, work.data.validation);
  require_same_pixels(work.network, work.data.test);
  return work;
}

Recipe recipe_for(const Device& device, const Recipe& recipe) {
  Recipe possible = recipe;
  if (device.kind == Device::Kind::cuda) return possible;
  possible.precision = Precision::fp32;
  possible.engine = Engine::automatic;
  return possible;
}

void choose_engine(Device& device, Workload& work) {
  choose_engine(device, work.recipe, work.network, work.data.train.size());
}

std::string engine_text(const Device& device, const Workload& work) {
  return engine_text(device, recipe_for(device, work.recipe));
}

std::unique_ptr<Trainer> make_session(const Workload& work, const Device& device, std::size_t steps,
                                      const std::vector<const Dataset*>& others) {
  const std::vector<float> rates(steps, work.recipe.learning_rate);
  return make_trainer(device, work.network, {&work.data.train, others},
                      recipe_for(device, work.recipe), rates);
}

}  // namespace kilat
