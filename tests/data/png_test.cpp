#include "data/png.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <png.h>

#include <kilat/error.h>

#include "base/file.h"
#include "support/expect_error.h"
#include "support/temp_folder.h"

namespace kilat {
namespace {

using ::testing::ElementsAre;

using Bytes = std::vector<std::uint8_t>;

struct PngType {
  png_uint_32 width;
  png_uint_32 height;
  int depth;
  int colour;
  bool interlaced = false;
};

extern "C" void append_bytes(png_structp png, png_bytep data, png_size_t size) {
  auto& bytes = *static_cast<Bytes*>(png_get_io_ptr(png));
  bytes.insert(bytes.end(), data, data + size);
}
extern "C" void flush_nothing(png_structp) {}

// A PNG by libpng's full interface: `rows` are packed as the type says. The palette is red, white,
// black and, with the alpha of `transparency`, black again.
Bytes write_png(const PngType& type, std::vector<Bytes> rows, Bytes transparency = {}) {
  Bytes bytes;
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png_create_info_struct(png);
  png_set_write_fn(png, &bytes, append_bytes, flush_nothing);
  png_set_IHDR(png, info, type.width, type.height, type.depth, type.colour,
               type.interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  const std::vector<png_color> palette = {{255, 0, 0}, {255, 255, 255}, {0, 0, 0}, {0, 0, 0}};
  if (type.colour == PNG_COLOR_TYPE_PALETTE) png_set_PLTE(png, info, palette.data(), 4);
  if (!transparency.empty()) {
    png_set_tRNS(png, info, transparency.data(), static_cast<int>(transparency.size()), nullptr);
  }
  png_write_info(png, info);
  std::vector<png_bytep> pointers;
  for (Bytes& row : rows) pointers.push_back(row.data());
  png_write_image(png, pointers.data());
  png_write_end(png, nullptr);
  png_destroy_write_struct(&png, &info);
  return bytes;
}

// All 256 levels, 16 a row.
std::vector<Bytes> all_levels() {
  std::vector<Bytes> rows(16, Bytes(16));
  for (std::size_t i = 0; i < 256; ++i) rows[i / 16][i % 16] = static_cast<std::uint8_t>(i);
  return rows;
}

void expect_all_levels(const GreyImage& image) {
  ASSERT_EQ(image.pixels.size(), 256U);
  for (std::size_t i = 0; i < 256; ++i) EXPECT_EQ(image.pixels[i], i);
}

// Compressible neither much nor little, and large enough to need several buffers.
Bytes noise_png() {
  std::vector<Bytes> rows(100, Bytes(100));
  std::uint32_t state = 1;
  for (Bytes& row : rows) {
    for (std::uint8_t& pixel : row) {
      state = state * 1664525U + 1013904223U;
      pixel = static_cast<std::uint8_t>(state >> 24);
    }
  }
  return write_png({100, 100, 8, PNG_COLOR_TYPE_GRAY}, rows);
}

void expect_refused(const Bytes& bytes, const std::string& words) {
  expect_error([&] { decode_png(bytes, "scan.png"); }, {"scan.png", words});
}

TEST(Png, GreyLevelsComeThroughExactly) {
  const Bytes png = write_png({16, 16, 8, PNG_COLOR_TYPE_GRAY}, all_levels());
  const GreyImage image = decode_png(png, "levels.png");
  EXPECT_EQ(image.rows, 16U);
  EXPECT_EQ(image.cols, 16U);
  expect_all_levels(image);
}

TEST(Png, InterlacedRowsFallIntoPlace) {
  expect_all_levels(
      decode_png(write_png({16, 16, 8, PNG_COLOR_TYPE_GRAY, true}, all_levels()), "levels.png"));
}

TEST(Png, GreyWrittenAsColourComesThroughExactly) {
  std::vector<Bytes> rows;
  for (const Bytes& levels : all_levels()) {
    Bytes& row = rows.emplace_back();
    for (const std::uint8_t level : levels) row.insert(row.end(), 3, level);
  }
  expect_all_levels(decode_png(write_png({16, 16, 8, PNG_COLOR_TYPE_RGB}, rows), "levels.png"));
}

TEST(Png, SixteenBitsAreRoundedToEightWithoutAGammaOfTheirOwn) {
  std::vector<Bytes> rows;
  for (const Bytes& levels : all_levels()) {
    Bytes& row = rows.emplace_back();
    for (const std::uint8_t level : levels) row.insert(row.end(), 2, level);
  }
  expect_all_levels(decode_png(write_png({16, 16, 16, PNG_COLOR_TYPE_GRAY}, rows), "levels.png"));
}

TEST(Png, FewerBitsAreSpreadOverTheWholeRange) {
  const GreyImage one = decode_png(write_png({8, 1, 1, PNG_COLOR_TYPE_GRAY}, {{0b10100000}}), "1");
  EXPECT_THAT(one.pixels, ElementsAre(255, 0, 255, 0, 0, 0, 0, 0));
  const GreyImage two = decode_png(write_png({4, 1, 2, PNG_COLOR_TYPE_GRAY}, {{0b00011011}}), "2");
  EXPECT_THAT(two.pixels, ElementsAre(0, 85, 170, 255));
  const GreyImage four = decode_png(write_png({2, 1, 4, PNG_COLOR_TYPE_GRAY}, {{0x3F}}), "4");
  EXPECT_THAT(four.pixels, ElementsAre(51, 255));
}

TEST(Png, PaletteColoursBecomeTheirGreys) {
  const GreyImage image =
      decode_png(write_png({4, 1, 2, PNG_COLOR_TYPE_PALETTE}, {{0b00011000}}), "palette.png");
  EXPECT_GT(image.pixels[0], 40);  // red is neither black nor white
  EXPECT_LT(image.pixels[0], 200);
  EXPECT_EQ(image.pixels[1], 255);
  EXPECT_EQ(image.pixels[2], 0);
}

TEST(Png, WhatIsTransparentIsWhite) {
  const GreyImage alpha =
      decode_png(write_png({2, 1, 8, PNG_COLOR_TYPE_GRAY_ALPHA}, {{0, 0, 0, 255}}), "alpha.png");
  EXPECT_THAT(alpha.pixels, ElementsAre(255, 0));
  const GreyImage colour = decode_png(
      write_png({2, 1, 8, PNG_COLOR_TYPE_RGB_ALPHA}, {{9, 9, 9, 255, 9, 9, 9, 0}}), "rgba.png");
  EXPECT_THAT(colour.pixels, ElementsAre(9, 255));
  const GreyImage palette = decode_png(
      write_png({4, 1, 2, PNG_COLOR_TYPE_PALETTE}, {{0b10111011}}, {255, 255, 255, 0}), "pal.png");
  EXPECT_THAT(palette.pixels, ElementsAre(0, 255, 0, 255));
}

TEST(Png, AFileIsReadAndNamedInErrors) {
  const TempFolder folder;
  write_file(folder / "levels.png", write_png({16, 16, 8, PNG_COLOR_TYPE_GRAY}, all_levels()));
  expect_all_levels(read_png(folder / "levels.png"));
  EXPECT_THROW(read_png(folder / "missing.png"), Error);
}

TEST(IsPng, LooksAtTheFirstBytesAlone) {
  const TempFolder folder;
  const Bytes png = write_png({1, 1, 8, PNG_COLOR_TYPE_GRAY}, {{0}});
  write_file(folder / "whole", png);
  write_file(folder / "cut", std::span(png).first(8));
  write_file(folder / "short", std::span(png).first(7));
  write_file(folder / "other.png", "GIF89a, whatever its name");
  EXPECT_TRUE(is_png(folder / "whole"));
  EXPECT_TRUE(is_png(folder / "cut"));
  EXPECT_FALSE(is_png(folder / "short"));
  EXPECT_FALSE(is_png(folder / "other.png"));
  EXPECT_FALSE(is_png(folder / "missing"));
}

TEST(Png, WhatIsNotAPngIsRefused) {
  expect_refused({'G', 'I', 'F', '8', '9', 'a', 0, 0, 0}, "is not a PNG image");
  expect_refused({}, "is not a PNG image");
}

TEST(Png, EveryTruncationIsAnError) {
  const Bytes whole = noise_png();
  const std::size_t tail = 12 + 12;  // IEND, and what of IDAT holds the checksums alone
  for (std::size_t size = 0; size + tail < whole.size(); size += size < 64 ? 1 : 97) {
    SCOPED_TRACE(size);
    expect_refused({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)},
                   size == 0 ? "not a PNG" : "truncated");
  }
}

TEST(Png, ACorruptByteIsAnErrorOrAnImageButNoCrash) {
  const Bytes whole = noise_png();
  std::size_t errors = 0;
  std::size_t tried = 0;
  for (std::size_t at = 0; at < whole.size(); at += 37) {
    Bytes corrupt = whole;
    corrupt[at] ^= 0x10;
    ++tried;
    try {
      decode_png(corrupt, "corrupt.png");
    } catch (const Error&) {
      ++errors;
    }
  }
  EXPECT_GT(errors, tried * 9 / 10);  // the chunk checksums see nearly all
}

TEST(Png, AHeaderThatClaimsMoreThanTheFileCanHoldIsRefusedBeforeMemoryIsTaken) {
  Bytes bomb = write_png({1, 1, 8, PNG_COLOR_TYPE_GRAY}, {{0}});
  bomb[18] = 0x40, bomb[19] = 0;  // 16,384 columns
  bomb[22] = 0x40, bomb[23] = 0;  // 16,384 rows
  expect_refused(bomb, "cannot hold 16384 x 16384 pixels");
}

TEST(Png, MorePixelsThanTheLimitAreRefused) {
  Bytes wide = write_png({1, 1, 8, PNG_COLOR_TYPE_GRAY}, {{0}});
  wide[18] = 0x40, wide[19] = 1;
  expect_refused(wide, "at most 16384 x 16384");
  wide[16] = 0xFF;
  expect_refused(wide, "at most 16384 x 16384");
}

}  // namespace
}  // namespace kilat
