#include "session/cuda/resident_network.h"

#include <algorithm>

#include "step/optimizer.h"

namespace kilat {

ResidentNetwork resident_network(const Network& network, std::size_t samples,
                                 const Recipe& recipe) {
  ResidentNetwork resident = {
      .widths = {network.features},
      .offsets = {},
      .activation = activation_of(recipe),
      .normalisation = network.normalisation,
      .batch = recipe.batch == 0 ? samples : std::min(recipe.batch, samples),
      .samples = samples,
      .rule = optimizer_of(recipe).rule};
  const std::vector<LinearShape> layers = network.shapes();
  for (const LinearShape& layer : layers) resident.widths.push_back(layer.out);
  if (layers.size() == 2) {  // others the engine does not train
    resident.offsets = {layers[0].weight, layers[0].bias, layers[1].weight, layers[1].bias};
  }
  return resident;
}

}  // namespace kilat
