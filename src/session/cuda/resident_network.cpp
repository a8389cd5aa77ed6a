#include "session/cuda/resident_network.h"

#include "step/optimizer.h"

namespace kilat {

ResidentNetwork resident_network(const Network& network, std::size_t samples,
                                 const Recipe& recipe) {
  return {.layers = network.shapes(),
          .activation = activation_of(recipe),
          .normalisation = network.normalisation,
          .batch = batch_size(recipe, samples),
          .samples = samples,
          .rule = optimizer_of(recipe).rule};
}

}  // namespace kilat
