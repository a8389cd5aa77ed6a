// Small PNG images as data URIs.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "data/image.h"

namespace kilat {

// "data:image/png;base64,…". The image has at least one pixel.
std::string png_data(const GreyImage& image);

// Weights, [rows, cols], from blue (the most negative) over white (zero) to red; the largest
// finite magnitude takes the full colour, what is not finite is white.
std::string png_data(std::span<const float> weights, std::size_t rows, std::size_t cols);

}  // namespace kilat
