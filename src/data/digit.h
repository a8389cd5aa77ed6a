// Converts drawings and photographs of digits to images like MNIST's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "data/image.h"

namespace kilat {

// The pixels, [rows, cols] for `shape` {rows, cols}, of the one digit in `image`, prepared as LeCun
// et al. 1998 prepared MNIST: light ink on black, its bounding box scaled with its aspect ratio
// kept to fit 20/28 of the target, its centre of mass in the middle. Dark ink on a light background
// is noticed and inverted; the background and its noise become black. An image of the target's size
// whose border is mostly pure black comes through unchanged, one with a pure white border inverted.
// Throws Error when there is no ink, or when `shape` is not two numbers above zero.
std::vector<std::uint8_t> prepare_image(const GreyImage& image, std::span<const std::size_t> shape);

}  // namespace kilat
