// Which of the engine's kernels (kernels/resident) trains a network, and how it is shared out.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <kilat/activation.h>
#include <kilat/dataset.h>
#include <kilat/network.h>

#include "backend/optimizer.h"
#include "kernels/resident/resident.h"

namespace kilat {

// What is trained.
struct ResidentNetwork {
  std::vector<LinearShape> layers;
  Activation activation;
  Normalisation normalisation;
  std::size_t batch, samples;
  Rule rule;
};

// Why no kernel takes the network on such a device; empty: one does.
std::string resident_obstacle(const ResidentNetwork& network,
                              const kernels::resident::Figures& device);

// Throws Error if no kernel takes the network on such a device, with the reason.
kernels::resident::Shape resident_shape(const ResidentNetwork& network,
                                        const kernels::resident::Figures& device);

// What the network and its shape say of each launch: `run` with shape, layout, offsets, activation
// and normalisation.
kernels::resident::Run with_shape(kernels::resident::Run run, const ResidentNetwork& network,
                                  const kernels::resident::Shape& shape);

}  // namespace kilat
