// The first images of the real MNIST.
#pragma once

#include <kilat/dataset.h>

#include "support/paths.h"

namespace kilat {

inline Dataset first_mnist(std::size_t count) {
  Dataset data = load_part(mnist_folder(), Part::train);
  data.pixels.resize(count * data.features);
  data.labels.resize(count);
  return data;
}

}  // namespace kilat
