#include "report/png_data.h"

#include <cstdint>
#include <limits>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <png.h>

#include "data/png.h"

namespace kilat {
namespace {

using ::testing::ElementsAre;

using Bytes = std::vector<std::uint8_t>;

// The bytes of a data URI.
Bytes bytes_of(std::string_view uri) {
  constexpr std::string_view kStart = "data:image/png;base64,";
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  EXPECT_TRUE(uri.starts_with(kStart));
  EXPECT_EQ((uri.size() - kStart.size()) % 4, 0U);
  Bytes bytes;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : uri.substr(kStart.size())) {
    if (c == '=') break;
    bits = bits << 6 | static_cast<std::uint32_t>(kDigits.find(c));
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes.push_back(static_cast<std::uint8_t>(bits >> count & 0xFFU));
  }
  return bytes;
}

Bytes colours_of(const Bytes& png) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  EXPECT_NE(png_image_begin_read_from_memory(&image, png.data(), png.size()), 0);
  image.format = PNG_FORMAT_RGB;
  Bytes colours(PNG_IMAGE_SIZE(image));
  EXPECT_NE(png_image_finish_read(&image, nullptr, colours.data(), 0, nullptr), 0);
  return colours;
}

TEST(PngData, AGreyImageComesBack) {
  for (const std::size_t size : {1, 2, 3, 28}) {  // base64 with and without padding
    GreyImage image{1, size, Bytes(size)};
    std::iota(image.pixels.begin(), image.pixels.end(), std::uint8_t{7});
    const GreyImage back = decode_png(bytes_of(png_data(image)), "data");
    EXPECT_EQ(back.cols, size);
    EXPECT_EQ(back.pixels, image.pixels);
  }
}

TEST(PngData, WeightsGoFromBlueOverWhiteToRed) {
  const std::vector<float> weights = {-2, 0, 2};
  EXPECT_THAT(colours_of(bytes_of(png_data(weights, 1, 3))),
              ElementsAre(33, 102, 172, 255, 255, 255, 178, 24, 43));
}

TEST(PngData, WhatIsNotFiniteIsWhiteAndDoesNotHideTheRest) {
  const float infinity = std::numeric_limits<float>::infinity();
  const std::vector<float> weights = {std::numeric_limits<float>::quiet_NaN(), infinity, -infinity,
                                      1e-30F};
  EXPECT_THAT(colours_of(bytes_of(png_data(weights, 2, 2))),
              ElementsAre(255, 255, 255, 255, 255, 255, 255, 255, 255, 178, 24, 43));
}

TEST(PngData, ZeroWeightsAreWhite) {
  const std::vector<float> weights = {0, 0};
  EXPECT_THAT(colours_of(bytes_of(png_data(weights, 1, 2))), testing::Each(255));
}

}  // namespace
}  // namespace kilat
