#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include <kilat/error.h>
#include <kilat/network.h>

namespace kilat {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using Widths = std::vector<std::size_t>;

std::string error_of(const Widths& widths) {
  try {
    make_network(widths);
  } catch (const Error& error) {
    EXPECT_EQ(error.failure(), Failure::input);
    return error.what();
  }
  return "no error";
}

TEST(LinearShapes, StandAtMultiplesOf16WithoutOverlap) {
  const Widths widths = {5, 7, 16, 3};
  const auto layers = linear_shapes(widths);
  ASSERT_EQ(layers.size(), 3U);
  std::size_t end = 0;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const LinearShape& layer = layers[i];
    EXPECT_EQ(layer.in, widths[i]);
    EXPECT_EQ(layer.out, widths[i + 1]);
    for (const auto& [begin, size] :
         {std::pair(layer.weight, layer.in * layer.out), std::pair(layer.bias, layer.out)}) {
      EXPECT_EQ(begin % 16, 0U);
      EXPECT_GE(begin, end);
      EXPECT_LT(begin, end + 16) << "more padding than alignment needs";
      end = begin + size;
    }
  }
  EXPECT_EQ(parameter_block_size(layers), (end + 15) / 16 * 16);
}

TEST(LinearShapes, OfNoLayersNeedNoParameters) {
  EXPECT_TRUE(linear_shapes(Widths{}).empty());
  EXPECT_TRUE(linear_shapes(Widths{784}).empty());
  EXPECT_EQ(parameter_block_size({}), 0U);
}

TEST(MakeNetwork, HasZeroParametersAndTheLabelsFrom0) {
  const Network network = make_network({6, 5, 3});
  EXPECT_EQ(network.features, 6U);
  EXPECT_EQ(network.outputs(), 3U);
  EXPECT_EQ(network.parameters.size(), 32U + 16U + 16U + 16U);
  EXPECT_THAT(network.parameters, Each(0.0F));
  EXPECT_THAT(network.classes, ElementsAre(0, 1, 2));
  EXPECT_EQ(network.text(), "6-5-3");
}

TEST(MakeNetwork, TakesAsManyClassesAsAByteNames) {
  EXPECT_EQ(make_network({1, 256}).classes.back(), 255);
  EXPECT_THAT(error_of({1, 257}), HasSubstr("257 classes"));
}

TEST(MakeNetwork, RefusesWidthsThatMakeNoNetwork) {
  EXPECT_THAT(error_of({}), HasSubstr("at least two widths"));
  EXPECT_THAT(error_of({784}), HasSubstr("at least two widths"));
  EXPECT_THAT(error_of({0, 10}), HasSubstr("network 0-10: a width is 0"));
  EXPECT_THAT(error_of({784, 0, 10}), HasSubstr("network 784-0-10: a width is 0"));
}

TEST(MakeNetwork, KeepsMessagesShortForManyWidths) {
  EXPECT_THAT(error_of(Widths(100'000, 0)), HasSubstr("0-0-0-…: a width is 0"));
  EXPECT_LT(error_of(Widths(100'000, 0)).size(), 100U);
}

TEST(MakeNetwork, RefusesABlockBeyondTheAddressRange) {
  constexpr std::size_t kMax = std::numeric_limits<std::size_t>::max();
  EXPECT_THAT(error_of({kMax, 2}), HasSubstr("more parameters than memory can address"));
  EXPECT_THAT(error_of({kMax, 1}), HasSubstr("more parameters"));
  EXPECT_THAT(error_of({1, kMax, 1}), HasSubstr("more parameters"));
  EXPECT_THAT(error_of({std::size_t{1} << 61, 1}), HasSubstr("more parameters"));
  EXPECT_THAT(error_of({std::size_t{1} << 32, std::size_t{1} << 32, 1}),
              HasSubstr("more parameters"));
}

TEST(LinearShapes, NoticeASumBeyondTheAddressRange) {
  // The second weight, of 2⁶⁴ − 2³² numbers, is the first to wrap around: its offset is 2³³.
  constexpr std::size_t kWidth = std::size_t{1} << 32;
  EXPECT_THROW(linear_shapes(Widths{1, kWidth, kWidth - 1}), Error);
}

TEST(WeightsSha256, OfZerosIsThatOfTheTensorsBytesAlone) {
  // SHA-256 of (2 · 1 + 1) · 4 zero bytes: the padding is not part of it.
  EXPECT_EQ(weights_sha256(make_network({2, 1})),
            "15ec7bf0b50732b49f8228e07d24365338f9e3ab994b00af08e5a3bffe55fd8b");
}

TEST(WeightsSha256, ChangesWithAnyOneBit) {
  Network network = make_network({3, 2, 2});
  const std::string before = weights_sha256(network);
  for (const LinearShape& layer : network.shapes()) {
    for (const std::size_t at : {layer.weight, layer.weight + layer.in * layer.out - 1, layer.bias,
                                 layer.bias + layer.out - 1}) {
      network.parameters[at] = std::numeric_limits<float>::denorm_min();  // the lowest bit
      EXPECT_NE(weights_sha256(network), before);
      network.parameters[at] = -0.0F;  // the highest bit, of a number equal to 0
      EXPECT_NE(weights_sha256(network), before);
      network.parameters[at] = 0;
    }
  }
  EXPECT_EQ(weights_sha256(network), before);
}

TEST(WeightsSha256, IgnoresPaddingAndMeaning) {
  Network network = make_network({3, 2});
  const std::string before = weights_sha256(network);
  network.parameters[6] = 1;  // behind the 3 · 2 weights
  network.parameters.back() = 1;
  network.normalisation.scale = 2;
  network.classes = {7, 9};
  EXPECT_EQ(weights_sha256(network), before);
}

}  // namespace
}  // namespace kilat
