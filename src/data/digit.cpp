#include "data/digit.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include <fmt/format.h>

#include <kilat/error.h>

#include "data/resample.h"

namespace kilat {
namespace {

// Ink that differs from the background by fewer levels than this is treated as noise.
constexpr int kFaintestInk = 32;

std::vector<std::uint8_t> border(const GreyImage& image) {
  std::vector<std::uint8_t> pixels;
  for (std::size_t r = 0; r < image.rows; ++r) {
    const bool whole = r == 0 || r + 1 == image.rows;
    for (std::size_t c = 0; c < image.cols;
         c += whole ? 1 : std::max<std::size_t>(1, image.cols - 1)) {
      pixels.push_back(image.pixels[r * image.cols + c]);
    }
  }
  return pixels;
}

// The value that a share of the values does not exceed.
int quantile(std::vector<std::uint8_t> values, double share) {
  const auto at =
      values.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

bool is_light(const std::vector<std::uint8_t>& background) {
  std::size_t sum = 0;
  for (const std::uint8_t pixel : background) sum += pixel;
  return 2 * sum > 255 * background.size();
}

// The amount of ink, 0 to 255, for each grey level of the image. The background and its noise, as
// seen at the border, are 0; the strongest ink is 255. Throws Error if there is no ink.
Levels find_ink(const GreyImage& image, std::vector<std::uint8_t> background) {
  const bool light = is_light(background);
  const auto inked = [&](int level) { return light ? 255 - level : level; };
  for (std::uint8_t& pixel : background) pixel = static_cast<std::uint8_t>(inked(pixel));
  const int level = quantile(background, 0.5);
  for (std::uint8_t& pixel : background) {
    pixel = static_cast<std::uint8_t>(std::abs(static_cast<int>(pixel) - level));
  }
  const auto [darkest, lightest] = std::minmax_element(image.pixels.begin(), image.pixels.end());
  const int strongest = std::max(inked(*darkest), inked(*lightest)) - level;
  if (strongest < kFaintestInk) throw Error("no ink found: the image is blank or too faint");
  // Three quarters of the border lie within a deviation of noise; the noise itself within four.
  // The cap keeps strokes that run into the border.
  const int noise = std::min(4 * quantile(background, 0.75), strongest / 2);
  const int threshold = std::max(noise, strongest / kFaintestInk);
  Levels levels{};
  for (int i = 0; i < 256; ++i) {
    const int above = inked(i) - level;
    if (above > threshold)
      levels.at(static_cast<std::size_t>(i)) =
          static_cast<std::uint8_t>((above * 255 + strongest / 2) / strongest);
  }
  return levels;
}

Box bounding_box(const GreyImage& image, const Levels& levels) {
  std::size_t top = image.rows, bottom = 0, left = image.cols, right = 0;
  for (std::size_t r = 0; r < image.rows; ++r) {
    for (std::size_t c = 0; c < image.cols; ++c) {
      if (levels[image.pixels[r * image.cols + c]] == 0) continue;
      top = std::min(top, r);
      bottom = std::max(bottom, r);
      left = std::min(left, c);
      right = std::max(right, c);
    }
  }
  return {top, left, bottom - top + 1, right - left + 1};
}

std::size_t scaled_length(std::size_t length, double scale, std::size_t most) {
  const auto scaled = static_cast<std::size_t>(std::lround(static_cast<double>(length) * scale));
  return std::clamp<std::size_t>(scaled, 1, most);
}

// Where to put the first of `inner` pixels whose centre of mass is at index `mass`, so that it
// comes to index outer / 2 (in MNIST: to 14 of 0…27, measured); all of them stay inside.
std::size_t offset(double mass, std::size_t inner, std::size_t outer) {
  const double middle = static_cast<double>(outer) / 2;
  return static_cast<std::size_t>(
      std::clamp(std::round(middle - mass), 0.0, static_cast<double>(outer - inner)));
}

std::vector<std::uint8_t> centred(const std::vector<float>& ink, std::size_t ink_rows,
                                  std::size_t ink_cols, std::size_t rows, std::size_t cols) {
  double mass = 0, mass_down = 0, mass_across = 0;
  for (std::size_t i = 0; i < ink.size(); ++i) {
    mass += ink[i];
    mass_down += ink[i] * static_cast<double>(i / ink_cols);
    mass_across += ink[i] * static_cast<double>(i % ink_cols);
  }
  const std::size_t top = offset(mass_down / mass, ink_rows, rows);
  const std::size_t left = offset(mass_across / mass, ink_cols, cols);
  std::vector<std::uint8_t> pixels(rows * cols, 0);
  for (std::size_t i = 0; i < ink.size(); ++i) {
    pixels[(top + i / ink_cols) * cols + left + i % ink_cols] =
        static_cast<std::uint8_t>(std::lround(std::clamp(ink[i], 0.0F, 255.0F)));
  }
  return pixels;
}

// The image unchanged or inverted, if it already has the target's size and background.
std::optional<std::vector<std::uint8_t>> already_prepared(
    const GreyImage& image, const std::vector<std::uint8_t>& background, std::size_t rows,
    std::size_t cols) {
  if (image.rows != rows || image.cols != cols) return std::nullopt;
  std::vector<std::uint8_t> pixels = image.pixels;
  if (quantile(background, 0.5) == 0) return pixels;
  if (quantile(background, 0) != 255) return std::nullopt;
  for (std::uint8_t& pixel : pixels) pixel = static_cast<std::uint8_t>(255 - pixel);
  return pixels;
}

}  // namespace

std::vector<std::uint8_t> prepare_image(const GreyImage& image,
                                        std::span<const std::size_t> shape) {
  if (shape.size() != 2 || shape[0] == 0 || shape[1] == 0) {
    throw Error("the model is not one of two-dimensional images: images cannot be prepared for it");
  }
  if (image.pixels.empty()) throw Error("no ink found: the image has no pixels");
  const std::size_t rows = shape[0];
  const std::size_t cols = shape[1];
  const std::vector<std::uint8_t> background = border(image);
  const Levels levels = find_ink(image, background);
  if (auto pixels = already_prepared(image, background, rows, cols)) return *pixels;

  const Box box = bounding_box(image, levels);
  const double share = 20.0 / 28.0;
  const double scale = share * std::min(static_cast<double>(rows) / static_cast<double>(box.rows),
                                        static_cast<double>(cols) / static_cast<double>(box.cols));
  const std::size_t ink_rows = scaled_length(box.rows, scale, rows);
  const std::size_t ink_cols = scaled_length(box.cols, scale, cols);
  return centred(resample(image, box, levels, ink_rows, ink_cols), ink_rows, ink_cols, rows, cols);
}

}  // namespace kilat
