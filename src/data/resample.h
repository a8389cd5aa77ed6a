// Scaling a grey image, or a part of it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "data/image.h"

namespace kilat {

struct Box {
  std::size_t top = 0;
  std::size_t left = 0;
  std::size_t rows = 0;
  std::size_t cols = 0;
};

// Replaces each of the 256 grey levels by another.
using Levels = std::array<std::uint8_t, 256>;

// The `box` of `image`, its levels replaced, scaled to rows x cols, all above zero. An axis that
// shrinks is averaged over the area of each new pixel, one that grows is interpolated linearly.
std::vector<float> resample(const GreyImage& image, const Box& box, const Levels& levels,
                            std::size_t rows, std::size_t cols);

}  // namespace kilat
