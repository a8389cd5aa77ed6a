#include "report/png_data.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <png.h>

#include <kilat/error.h>

namespace kilat {
namespace {

std::string base64(std::span<const std::uint8_t> bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      group = group << 8 | (at + i < bytes.size() ? bytes[at + i] : 0U);
    }
    for (int i = 3; i >= 0; --i) text += kDigits[group >> (6 * i) & 63U];
  }
  const std::size_t padding = (3 - bytes.size() % 3) % 3;
  text.replace(text.size() - padding, padding, padding, '=');
  return text;
}

// Writes an image of the given format; `colours` is its palette, or null.
std::string encode(const GreyImage& image, png_uint_32 format, int colour_count,
                   const void* colours) {
  png_image png{};
  png.version = PNG_IMAGE_VERSION;
  png.width = static_cast<png_uint_32>(image.cols);
  png.height = static_cast<png_uint_32>(image.rows);
  png.format = format;
  png.colormap_entries = static_cast<png_uint_32>(colour_count);
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(png);
  std::vector<std::uint8_t> bytes(size);
  if (png_image_write_to_memory(&png, bytes.data(), &size, 0, image.pixels.data(), 0, colours) ==
      0) {
    throw Error(fmt::format("cannot write a PNG of {} x {} pixels: {}", image.cols, image.rows,
                            png.message),
                Failure::run);
  }
  return "data:image/png;base64," + base64(std::span(bytes).first(size));
}

// 65 colours are as many as the eye tells apart here, and compress better than 255.
constexpr int kHalfColours = 32;
constexpr int kColours = 2 * kHalfColours + 1;

// Blue (0) over white (kHalfColours) to red: the ends of ColorBrewer's RdBu.
std::array<std::uint8_t, 3 * kColours> diverging_colours() {
  constexpr std::array<double, 3> kBlue = {33, 102, 172};
  constexpr std::array<double, 3> kRed = {178, 24, 43};
  std::array<std::uint8_t, 3 * kColours> colours{};
  for (int i = 0; i < kColours; ++i) {
    const double strength = std::abs(i - kHalfColours) / static_cast<double>(kHalfColours);
    for (std::size_t c = 0; c < 3; ++c) {
      const double end = i < kHalfColours ? kBlue[c] : kRed[c];
      colours[static_cast<std::size_t>(3 * i) + c] =
          static_cast<std::uint8_t>(std::lround(255 + strength * (end - 255)));
    }
  }
  return colours;
}

}  // namespace

std::string png_data(const GreyImage& image) { return encode(image, PNG_FORMAT_GRAY, 0, nullptr); }

std::string png_data(std::span<const float> weights, std::size_t rows, std::size_t cols) {
  float largest = 0;
  for (const float weight : weights) {
    if (std::isfinite(weight)) largest = std::max(largest, std::abs(weight));
  }
  GreyImage image{rows, cols, std::vector<std::uint8_t>(weights.size(), kHalfColours)};
  for (std::size_t i = 0; i < weights.size() && largest > 0; ++i) {
    if (!std::isfinite(weights[i])) continue;
    image.pixels[i] = static_cast<std::uint8_t>(kHalfColours +
                                                std::lround(kHalfColours * (weights[i] / largest)));
  }
  return encode(image, PNG_FORMAT_RGB_COLORMAP, kColours, diverging_colours().data());
}

}  // namespace kilat
