// Which way of the first layer's products --first-layer auto takes on a CPU.
#include "backend/cpu/first_layer_choice.h"

#include "backend/cpu/whole/product.h"
#include "cpu/sparse_pixels.h"

namespace kilat {
namespace {

constexpr std::size_t kImages = 1200, kPixels = 96;

// Bytes that are not zero in runs of `run` of every 16.
std::vector<std::uint8_t> strokes(std::size_t run) {
  std::vector<std::uint8_t> bytes(kImages * kPixels);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = i % 16 < run ? 200 : 0;
  return bytes;
}

FirstLayerWork work_of(std::size_t units, std::size_t batch,
                       const std::vector<std::uint8_t>& bytes) {
  return {{.in = kPixels, .out = units}, batch, bytes};
}
bool is_whole(std::size_t units, std::size_t batch, const std::vector<std::uint8_t>& bytes) {
  return is_whole_quicker(work_of(units, batch, bytes));
}

TEST(FirstLayerChoiceTest, WholeNumbersForFewUnits) {
  const auto half = strokes(8);
  EXPECT_TRUE(is_whole(10, kImages, half));
  EXPECT_TRUE(is_whole(16, kImages, half));
  EXPECT_FALSE(is_whole(17, kImages, half));
}

TEST(FirstLayerChoiceTest, WholeNumbersForLargeBatches) {
  const auto half = strokes(8);
  EXPECT_TRUE(is_whole(10, 512, half));
  EXPECT_FALSE(is_whole(10, 511, half));
  EXPECT_FALSE(is_whole(16, 512, half));  // listing them anew costs as much as is saved
}

// Lists are kept of slices that each thread goes through alone, of images that stay.
TEST(FirstLayerChoiceTest, WholeNumbersSoonerWhereSlicesRepeat) {
  const auto third = strokes(3);  // a four with one zero
  EXPECT_TRUE(is_whole(10, kImages, third));
  EXPECT_FALSE(is_whole(10, kImages - 1, strokes(2)));
  const auto half = strokes(8);
  FirstLayerWork work = work_of(16, kImages, half);
  EXPECT_TRUE(is_whole_quicker(work));
  work.threads = 2;
  EXPECT_TRUE(is_whole_quicker(work));
  work.threads = 3;
  EXPECT_FALSE(is_whole_quicker(work));
  work.threads = 1;
  work.is_augmented = true;
  EXPECT_FALSE(is_whole_quicker(work));
}

// Of a four with one number in it, three products are wasted.
TEST(FirstLayerChoiceTest, NotWhereFoursAreMostlyZero) {
  EXPECT_FALSE(is_whole(10, kImages, strokes(1)));
  EXPECT_TRUE(is_whole(10, kImages, strokes(3)));
  EXPECT_FALSE(is_whole(16, kImages, strokes(3)));
}

TEST(FirstLayerChoiceTest, NotWhereFewPixelsAreZero) {
  EXPECT_TRUE(is_whole(10, kImages, strokes(12)));
  EXPECT_FALSE(is_whole(10, kImages, strokes(13)));
}

TEST(FirstLayerChoiceTest, NotOfMorePixelsThanTheSumsAllow) {
  const std::vector<std::uint8_t> bytes = strokes(8);
  FirstLayerWork work{{.in = kMostFeatures, .out = 10}, 1, bytes};
  EXPECT_TRUE(is_whole_quicker(work));
  work.layer.in = kMostFeatures + 4;
  EXPECT_FALSE(is_whole_quicker(work));
}

TEST(FirstLayerChoiceTest, WhatIsAskedForIsTaken) {
  const auto half = strokes(8);
  const auto quickest = [&](FirstLayer wanted, std::size_t units, std::size_t batch) {
    return quickest_first_layer(wanted, work_of(units, batch, half));
  };
  EXPECT_EQ(quickest(FirstLayer::fp32, 10, kImages), FirstLayer::fp32);
  EXPECT_EQ(quickest(FirstLayer::whole, 100, 1), FirstLayer::whole);
  const bool quicker = has_vnni() && !has_amx();
  EXPECT_EQ(quickest(FirstLayer::automatic, 10, kImages),
            quicker ? FirstLayer::whole : FirstLayer::automatic);
  EXPECT_EQ(quickest(FirstLayer::automatic, 100, kImages), FirstLayer::automatic);
}

}  // namespace
}  // namespace kilat
