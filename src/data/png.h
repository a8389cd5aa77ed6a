// Reading PNG images.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "data/image.h"

namespace kilat {

// Whether the file begins as a PNG does. A file that cannot be read does not.
bool is_png(const std::filesystem::path& file);

constexpr std::size_t kLargestPng = 16384;  // rows and columns

// Reads a PNG of any type (1 to 16 bits, palette, grey, colour, interlaced) as 8-bit grey; alpha is
// laid over white. Takes at most kLargestPng x kLargestPng pixels, and memory for them only when
// the file is long enough to hold them. Throws Error, naming the file, for anything else.
GreyImage read_png(const std::filesystem::path& file);

// The same from memory; `name` is for messages.
GreyImage decode_png(std::span<const std::uint8_t> bytes, const std::string& name);

}  // namespace kilat
