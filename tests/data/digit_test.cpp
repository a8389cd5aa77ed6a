#include "data/digit.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <functional>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <kilat/dataset.h>

#include "data/resample.h"
#include "support/expect_error.h"
#include "support/paths.h"

namespace kilat {
namespace {

using ::testing::Each;
using ::testing::Lt;

using Pixels = std::vector<std::uint8_t>;

constexpr std::array<std::size_t, 2> kMnistShape = {28, 28};

GreyImage blank(std::size_t rows, std::size_t cols, std::uint8_t level) {
  return {rows, cols, Pixels(rows * cols, level)};
}

const Dataset& digits() {
  static const Dataset data = load_part(mnist_folder(), Part::test);
  return data;
}

GreyImage digit(std::size_t index) {
  const auto pixels = digits().image(index);
  return {28, 28, {pixels.begin(), pixels.end()}};
}

// Every pixel becomes a square of `factor` by `factor`.
GreyImage enlarged(const GreyImage& image, std::size_t factor) {
  GreyImage large = blank(image.rows * factor, image.cols * factor, 0);
  for (std::size_t i = 0; i < large.pixels.size(); ++i) {
    const std::size_t r = i / large.cols / factor;
    large.pixels[i] = image.pixels[r * image.cols + i % large.cols / factor];
  }
  return large;
}

GreyImage padded(const GreyImage& image, std::size_t top, std::size_t left, std::size_t rows,
                 std::size_t cols) {
  GreyImage page = blank(rows, cols, 0);
  for (std::size_t i = 0; i < image.pixels.size(); ++i) {
    page.pixels[(top + i / image.cols) * cols + left + i % image.cols] = image.pixels[i];
  }
  return page;
}

GreyImage mapped(GreyImage image, const std::function<double(std::size_t, double)>& level) {
  for (std::size_t i = 0; i < image.pixels.size(); ++i) {
    const double value = level(i, image.pixels[i]);
    image.pixels[i] = static_cast<std::uint8_t>(std::lround(std::clamp(value, 0.0, 255.0)));
  }
  return image;
}

GreyImage inverted(const GreyImage& image) {
  return mapped(image, [](std::size_t, double level) { return 255 - level; });
}

double mean_difference(const Pixels& a, const Pixels& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += std::abs(a[i] - b[i]);
  return sum / static_cast<double>(a.size());
}

Levels identity() {
  Levels levels{};
  for (std::size_t i = 0; i < 256; ++i) levels[i] = static_cast<std::uint8_t>(i);
  return levels;
}

// A deterministic value in [−1, 1).
double noise(std::size_t i) {
  auto bits = static_cast<std::uint32_t>(i * 2654435761U);
  bits = (bits ^ bits >> 15) * 2246822519U;
  return static_cast<double>((bits ^ bits >> 13) & 0xFFFFU) / 32768.0 - 1;
}

void expect_no_ink(const GreyImage& image) {
  expect_error([&] { prepare_image(image, kMnistShape); }, {"no ink found"});
}

TEST(PrepareImage, AnMnistDigitComesThroughUnchanged) {
  for (std::size_t i = 0; i < 1000; ++i) {
    ASSERT_EQ(prepare_image(digit(i), kMnistShape), digit(i).pixels) << "digit " << i;
  }
}

TEST(PrepareImage, AnInvertedMnistDigitIsOnlyInvertedBack) {
  EXPECT_EQ(prepare_image(inverted(digit(3)), kMnistShape), digit(3).pixels);
}

TEST(PrepareImage, AnEnlargedInvertedOffCentreDigitComesBackAsItWas) {
  std::vector<double> differences;
  for (std::size_t i = 0; i < 100; ++i) {
    const GreyImage page = inverted(padded(enlarged(digit(i), 7), 150, 20, 400, 300));
    differences.push_back(mean_difference(prepare_image(page, kMnistShape), digit(i).pixels));
  }
  EXPECT_THAT(differences, Each(Lt(25.0)));  // at worst shifted by a pixel
  EXPECT_GE(std::ranges::count_if(differences, [](double d) { return d < 0.5; }), 95);
}

TEST(PrepareImage, ADrawingSmallerThanTheTargetIsEnlarged) {
  const GreyImage square = padded(blank(5, 5, 255), 1, 3, 9, 9);
  const Pixels prepared = prepare_image(square, kMnistShape);
  EXPECT_EQ(std::ranges::count(prepared, 255), 20 * 20);
  EXPECT_EQ(std::ranges::count(prepared, 0), 28 * 28 - 20 * 20);
}

TEST(PrepareImage, GreyUnevenPaperIsWipedClean) {
  const GreyImage page = inverted(padded(enlarged(digit(0), 7), 60, 80, 320, 360));
  const GreyImage photo = mapped(page, [](std::size_t i, double level) {
    const double paper = 190 + 12 * static_cast<double>(i % 360) / 360;  // lit from the right
    return 40 + (paper - 40) * level / 255 + 5 * noise(i);
  });
  const Pixels prepared = prepare_image(photo, kMnistShape);
  EXPECT_LT(mean_difference(prepared, digit(0).pixels), 6);
  for (std::size_t c = 0; c < 28; ++c) EXPECT_EQ(prepared[c], 0) << "the top row is paper";
}

TEST(PrepareImage, TheAspectRatioIsKeptAndTheLongerSideFillsTwentyOfTwentyEight) {
  GreyImage bar = blank(200, 200, 255);
  for (std::size_t r = 40; r < 140; ++r) {
    std::fill_n(bar.pixels.begin() + static_cast<long>(r * 200 + 100), 25, std::uint8_t{0});
  }
  const Pixels prepared = prepare_image(bar, kMnistShape);
  const GreyImage result{28, 28, prepared};
  std::size_t inked = 0;
  for (const std::uint8_t pixel : prepared) inked += pixel == 255 ? 1 : 0;
  EXPECT_EQ(inked, 20U * 5U);
  EXPECT_EQ(result.pixels[14 * 28 + 14], 255);
  EXPECT_EQ(result.pixels[14 * 28 + 11], 0);
}

TEST(PrepareImage, TheCentreOfMassComesToTheMiddleAsInMnist) {
  double down = 0, across = 0, mass = 0;
  const GreyImage page = padded(enlarged(digit(0), 3), 0, 40, 100, 140);
  const Pixels prepared = prepare_image(page, kMnistShape);
  for (std::size_t i = 0; i < prepared.size(); ++i) {
    mass += prepared[i];
    down += prepared[i] * static_cast<double>(i / 28);
    across += prepared[i] * static_cast<double>(i % 28);
  }
  EXPECT_NEAR(down / mass, 14, 0.51);
  EXPECT_NEAR(across / mass, 14, 0.51);
}

TEST(PrepareImage, OtherTargetsWork) {
  const std::array<std::size_t, 2> wide = {16, 48};
  EXPECT_EQ(prepare_image(inverted(enlarged(digit(2), 5)), wide).size(), 16U * 48U);
  const std::array<std::size_t, 2> one = {1, 1};
  EXPECT_EQ(prepare_image(inverted(enlarged(digit(2), 5)), one).size(), 1U);
}

TEST(PrepareImage, ThinLinesAndSinglePixelsSurvive) {
  GreyImage line = blank(3000, 50, 255);
  for (std::size_t r = 10; r < 2990; ++r) line.pixels[r * 50 + 25] = 0;
  EXPECT_EQ(std::ranges::count(prepare_image(line, kMnistShape), 255), 20);
  GreyImage dot = blank(9, 9, 0);
  dot.pixels[40] = 255;
  EXPECT_GT(std::ranges::count(prepare_image(dot, kMnistShape), 255), 0);
}

TEST(PrepareImage, ABlankImageHasNoInk) {
  for (const std::uint8_t level : {0, 128, 255}) {
    expect_no_ink(blank(28, 28, level));
    expect_no_ink(blank(90, 40, level));
    expect_no_ink(blank(1, 1, level));
  }
  expect_no_ink({});
  const GreyImage paper =
      mapped(blank(200, 200, 0), [](std::size_t i, double) { return 200 + 8 * noise(i); });
  expect_no_ink(paper);
}

TEST(PrepareImage, AModelOfPlainRowsIsRefused) {
  expect_error([] { prepare_image(digit(0), {}); }, {"two-dimensional"});
  const std::array<std::size_t, 2> empty = {0, 28};
  expect_error([&] { prepare_image(digit(0), empty); }, {"two-dimensional"});
}

TEST(Resample, TheSameSizeChangesNothing) {
  const GreyImage image = digit(0);
  const auto same = resample(image, {0, 0, 28, 28}, identity(), 28, 28);
  for (std::size_t i = 0; i < same.size(); ++i) EXPECT_EQ(same[i], image.pixels[i]);
}

TEST(Resample, ShrinkingAveragesOverTheAreaOfEachNewPixel) {
  const GreyImage row{1, 3, {0, 90, 30}};
  const auto halves = resample(row, {0, 0, 1, 3}, identity(), 1, 2);
  EXPECT_FLOAT_EQ(halves[0], 30);  // (0 + 90/2) / 1.5
  EXPECT_FLOAT_EQ(halves[1], 50);  // (90/2 + 30) / 1.5
}

TEST(Resample, GrowingInterpolatesLinearlyBetweenPixelCentres) {
  const GreyImage row{1, 2, {0, 100}};
  const auto four = resample(row, {0, 0, 1, 2}, identity(), 1, 4);
  EXPECT_THAT(four, ::testing::ElementsAre(0, 25, 75, 100));
}

}  // namespace
}  // namespace kilat
