#include "data/png.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <png.h>

#include <kilat/error.h>

#include "base/file.h"

namespace kilat {
namespace {

constexpr std::array<std::uint8_t, 8> kSignature = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
constexpr std::size_t kHeaderSize = 33;  // signature 8, IHDR 25

// DEFLATE expands a byte to at most 1032 (258 bytes from 2 bits).
constexpr std::uint64_t kMostExpansion = 1032;

std::uint32_t big_endian(std::span<const std::uint8_t> bytes) {
  std::uint32_t value = 0;
  for (const std::uint8_t byte : bytes.first(4)) value = value << 8 | byte;
  return value;
}

// Samples a pixel, by the colour type of the header.
std::uint64_t channels(std::uint8_t colour_type) {
  switch (colour_type) {
    case 2:
      return 3;  // colour
    case 4:
      return 2;  // grey and alpha
    case 6:
      return 4;  // colour and alpha
    default:
      return 1;
  }
}

// Throws Error if the header (PNG specification, 11.2.2) claims more pixels than the file's bytes
// can encode.
void check_header(std::span<const std::uint8_t> bytes, const std::string& name) {
  const std::size_t known = std::min(bytes.size(), kSignature.size());
  if (known == 0 || !std::equal(kSignature.begin(), kSignature.begin() + known, bytes.begin())) {
    throw Error(fmt::format("{} is not a PNG image: convert it to PNG first", name));
  }
  if (bytes.size() < kHeaderSize) {
    throw Error(fmt::format("{} is truncated: {} bytes are less than the header of a PNG", name,
                            bytes.size()));
  }
  const std::uint64_t cols = big_endian(bytes.subspan(16));
  const std::uint64_t rows = big_endian(bytes.subspan(20));
  if (rows > kLargestPng || cols > kLargestPng) {
    throw Error(fmt::format("{} has {} x {} pixels, but at most {} x {} are read: make it smaller",
                            name, cols, rows, kLargestPng, kLargestPng));
  }
  const std::uint64_t row_bytes = (cols * bytes[24] * channels(bytes[25]) + 7) / 8;
  if (rows * row_bytes / kMostExpansion > bytes.size()) {
    throw Error(fmt::format("{} is truncated or corrupt: {} bytes cannot hold {} x {} pixels", name,
                            bytes.size(), cols, rows));
  }
}

// libpng's simplified reader, freed at the end of its scope.
class Reader {
 public:
  Reader() { image_.version = PNG_IMAGE_VERSION; }
  ~Reader() { png_image_free(&image_); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  GreyImage read(std::span<const std::uint8_t> bytes, const std::string& name) {
    if (png_image_begin_read_from_memory(&image_, bytes.data(), bytes.size()) == 0) fail(name);
    image_.format = PNG_FORMAT_GRAY;
    // Without this, 16-bit samples that say nothing of their gamma are taken as linear light.
    image_.flags |= PNG_IMAGE_FLAG_16BIT_sRGB;
    GreyImage grey{image_.height, image_.width, std::vector<std::uint8_t>(PNG_IMAGE_SIZE(image_))};
    const png_color white = {255, 255, 255};
    if (png_image_finish_read(&image_, &white, grey.pixels.data(), 0, nullptr) == 0) fail(name);
    return grey;
  }

 private:
  [[noreturn]] void fail(const std::string& name) const {
    throw Error(fmt::format("{} is a truncated or corrupt PNG image: {}", name,
                            std::string_view(image_.message)));
  }

  png_image image_{};
};

}  // namespace

bool is_png(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::array<char, kSignature.size()> start{};
  in.read(start.data(), start.size());
  return in && std::equal(start.begin(), start.end(), kSignature.begin(),
                          [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; });
}

GreyImage read_png(const std::filesystem::path& file) {
  return decode_png(read_file(file), file.string());
}

GreyImage decode_png(std::span<const std::uint8_t> bytes, const std::string& name) {
  check_header(bytes, name);
  return Reader().read(bytes, name);
}

}  // namespace kilat
