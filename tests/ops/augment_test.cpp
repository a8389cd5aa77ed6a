// An epoch's images, to the byte, on every device; what is drawn for them; and that the first layer
// sees those of the latest epoch.
#include <algorithm>
#include <cstdlib>
#include <map>
#include <tuple>
#include <utility>

#include "backend/augmentation.h"
#include "ops/first_weight.h"
#include "ops/input_test.h"

namespace kilat {
namespace {

using Bytes = std::vector<std::uint8_t>;

// The image's pixels one by one, written anew.
Bytes moved_by_hand(const Bytes& image, int height, int width, int down, int right,
                    int background) {
  Bytes moved(image.size(), static_cast<std::uint8_t>(background));
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const int to_y = y + down, to_x = x + right;
      if (to_y < 0 || to_y >= height || to_x < 0 || to_x >= width) continue;
      moved[static_cast<std::size_t>(to_y * width + to_x)] =
          image[static_cast<std::size_t>(y * width + x)];
    }
  }
  return moved;
}

Bytes image_of(const Bytes& all, std::size_t i, std::size_t features) {
  const auto begin = all.begin() + static_cast<std::ptrdiff_t>(i * features);
  return {begin, begin + static_cast<std::ptrdiff_t>(features)};
}

// Images with a background of their own: few of the pixels inside are of it, no corner is another.
Bytes images_on_background(std::size_t count, std::uint32_t height, std::uint32_t width,
                           std::uint8_t background) {
  const std::size_t features = std::size_t{height} * width;
  Bytes all = random_bytes(count * features, height * 31 + width);
  for (std::size_t i = 0; i < count; ++i) {
    std::uint8_t* image = all.data() + i * features;
    image[0] = image[width - 1] = image[features - width] = image[features - 1] = background;
  }
  return all;
}

AugmentedEpoch epoch_of(std::uint32_t shift, std::uint32_t height, std::uint32_t width,
                        std::uint32_t epoch, std::uint64_t seed = 7) {
  return {.seed = seed, .augmentation = {shift}, .height = height, .width = width, .epoch = epoch};
}

template <class T>
class AugmentTest : public OpTest<T> {
 protected:
  // What the first layer sees of augmented images: their product with the identity.
  template <class B>
  Bytes seen(B& b, const typename B::Images& images, std::size_t count, std::size_t features) {
    Values identity(features * features);
    for (std::size_t k = 0; k < features; ++k) identity[k * features + k] = 1;
    const FirstWeight weight(b, identity, features);
    auto x = b.pixels(count, features, {0, 1});
    auto y = b.template buffer<std::uint8_t>(count);
    const auto labels = b.template buffer<std::uint8_t>(count);
    const auto order = b.template buffer<std::uint32_t>(0);
    const auto cursor = b.template buffer<Cursor>(1);
    b.gather(x, span_of(y), images, span_of(labels), order, cursor, {0, count, 0, false});
    auto z = b.matrix(count, features);
    b.input_gemm(z, x, weight.view());
    const Values values = values_of(b, z);
    return {values.begin(), values.end()};
  }
};
TYPED_TEST_SUITE(AugmentTest, Backends);

TYPED_TEST(AugmentTest, MovesEachImageOntoItsGround) {
  auto& b = this->device;
  constexpr std::size_t kCount = 70;
  for (const auto& [height, width, shift] :
       {std::tuple(28U, 28U, 2U), {2U, 3U, 1U}, {5U, 17U, 4U}}) {
    const std::size_t features = std::size_t{height} * width;
    for (const std::uint8_t background : {0, 255}) {
      const Bytes all = images_on_background(kCount, height, width, background);
      const auto from = b.images(all, features);
      auto to = b.empty_images(kCount, features);
      for (const std::uint32_t epoch : {0, 1, 5}) {  // into the same images again
        const AugmentedEpoch e = epoch_of(shift, height, width, epoch);
        b.augment(to, from, e);
        const Bytes got = this->seen(b, to, kCount, features);
        for (std::size_t i = 0; i < kCount; ++i) {
          const Movement m = movement(e, i);
          ASSERT_EQ(image_of(got, i, features),
                    moved_by_hand(image_of(all, i, features), static_cast<int>(height),
                                  static_cast<int>(width), m.down, m.right, background))
              << height << " x " << width << " image " << i << " epoch " << epoch;
        }
      }
    }
  }
}

// Dark images lie beside bright ones: what a device keeps of the bytes that are not zero is made
// anew.
TYPED_TEST(AugmentTest, OfImagesThatAreMostlyZero) {
  auto& b = this->device;
  constexpr std::size_t kCount = 40, kFeatures = 100;
  Bytes all(kCount * kFeatures);
  for (std::size_t i = 0; i < kCount; ++i) {
    all[i * kFeatures + 44] = 200;
    all[i * kFeatures + 55] = static_cast<std::uint8_t>(i + 1);
  }
  const auto from = b.images(all, kFeatures);
  auto to = b.empty_images(kCount, kFeatures);
  for (const std::uint32_t epoch : {0, 1}) {
    const AugmentedEpoch e = epoch_of(5, 10, 10, epoch);
    b.augment(to, from, e);
    const Bytes got = this->seen(b, to, kCount, kFeatures);
    for (std::size_t i = 0; i < kCount; ++i) {
      const Movement m = movement(e, i);
      ASSERT_EQ(image_of(got, i, kFeatures),
                moved_by_hand(image_of(all, i, kFeatures), 10, 10, m.down, m.right, 0));
    }
  }
}

// Each of the 25 places is as likely as any: 400 of 10,000 expected, a deviation of 20.
TEST(AugmentationTest, EveryMovementIsAsLikely) {
  std::map<std::pair<int, int>, int> seen;
  for (std::size_t i = 0; i < 10000; ++i) {
    const Movement m = movement(epoch_of(2, 28, 28, 3), i);
    ++seen[{m.down, m.right}];
  }
  EXPECT_EQ(seen.size(), 25U);
  for (const auto& [place, count] : seen) {
    EXPECT_LE(std::max(std::abs(place.first), std::abs(place.second)), 2);
    EXPECT_NEAR(count, 400, 100);
  }
}

TEST(AugmentationTest, SeedEpochAndImageDecide) {
  const auto movements = [](std::uint64_t seed, std::uint32_t epoch) {
    std::vector<std::pair<int, int>> all;
    for (std::size_t i = 0; i < 50; ++i) {
      const Movement m = movement(epoch_of(3, 28, 28, epoch, seed), i);
      all.emplace_back(m.down, m.right);
    }
    return all;
  };
  EXPECT_EQ(movements(1, 0), movements(1, 0));
  EXPECT_NE(movements(1, 0), movements(2, 0));
  EXPECT_NE(movements(1, 0), movements(1, 1));
  EXPECT_NE(movements(1, 0)[0], movements(1, 0)[1]);
}

TEST(AugmentationTest, TheGroundIsWhatMostCornersHave) {
  const auto of = [](Bytes corners) { return background(corners.data(), 2, 2); };
  EXPECT_EQ(of({0, 0, 0, 0}), 0);
  EXPECT_EQ(of({9, 255, 255, 255}), 255);
  EXPECT_EQ(of({255, 9, 255, 7}), 255);
  EXPECT_EQ(of({255, 9, 255, 9}), 9);
  EXPECT_EQ(of({4, 3, 2, 1}), 1);
}

}  // namespace
}  // namespace kilat
