// Which way of the first layer's products is the quickest on this CPU.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <kilat/network.h>
#include <kilat/recipe.h>

namespace kilat {

// What the choice depends on.
struct FirstLayerWork {
  LinearShape layer;
  std::size_t batch = 0;                 // samples
  std::span<const std::uint8_t> pixels;  // of the training data
  bool is_augmented = false;             // whether the images change in each epoch
  int threads = 1;
};

// Whether whole numbers take fewer instructions than fp32 on a CPU with AVX512-VNNI.
bool is_whole_quicker(const FirstLayerWork& work);

// FirstLayer::whole where that is quicker than what Cpu takes for `wanted`; else `wanted`.
FirstLayer quickest_first_layer(FirstLayer wanted, const FirstLayerWork& work);

}  // namespace kilat
