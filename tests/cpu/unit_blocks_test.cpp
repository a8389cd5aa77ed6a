// How a first layer's units are divided, and where a device has its parameters.
#include "backend/unit_blocks.h"

#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "step/parameter_layout.h"

namespace kilat {
namespace {

TEST(UnitBlocksTest, BlocksTileTheUnitsAndOwnersHaveTheSameWithinAGroup) {
  for (const std::size_t units : {1, 10, 16, 17, 33, 64, 65, 100, 128, 200, 800, 1024, 1033}) {
    for (std::size_t owners = 1; owners <= UnitBlocks::groups_of(units) && owners <= 5; ++owners) {
      SCOPED_TRACE(testing::Message() << units << " units, " << owners << " owners");
      const UnitBlocks blocks(units, owners);
      std::size_t next = 0, offset = 0, least = SIZE_MAX, most = 0;
      for (std::size_t owner = 0; owner < owners; ++owner) {
        const std::size_t before = offset;
        blocks.for_each_of(owner, [&](const UnitBlock& b) {
          EXPECT_EQ(b.first, next);
          EXPECT_EQ(b.first, offset);  // so that blocks lie one behind the other
          EXPECT_EQ(b.width % UnitBlocks::kGroup, 0U);
          EXPECT_LE(b.width, UnitBlocks::kMost);
          EXPECT_GE(b.units, 1U);
          EXPECT_LE(b.units, b.width);
          EXPECT_LT(b.width - b.units, UnitBlocks::kGroup);
          next += b.units;
          offset += b.width;
        });
        least = std::min(least, offset - before);
        most = std::max(most, offset - before);
      }
      EXPECT_EQ(next, units);
      EXPECT_EQ(offset, blocks.width());
      EXPECT_LE(most - least, UnitBlocks::kGroup);
    }
  }
}

TEST(ParameterLayoutTest, EveryParameterHasAPlaceOfItsOwnAndIsFoundFromIt) {
  const std::vector<std::size_t> widths = {7, 37, 5, 3};
  for (const std::size_t owners : {0, 1, 2, 3}) {
    const ParameterLayout layout(linear_shapes(widths),
                                 owners == 0 ? UnitBlocks() : UnitBlocks(37, owners));
    EXPECT_EQ(layout.moves(), owners != 0);
    EXPECT_EQ(layout.size_in_file(), parameter_block_size(linear_shapes(widths)));
    std::vector<int> seen(layout.size());
    std::vector<std::size_t> place(layout.size_in_file(), SIZE_MAX);
    layout.for_each([&](std::size_t file, std::size_t device) {
      ++seen.at(device);
      EXPECT_EQ(std::exchange(place.at(file), device), SIZE_MAX);
      EXPECT_EQ(layout.in_file(device), file);
    });
    for (const int n : seen) EXPECT_LE(n, 1);
    const auto shapes = linear_shapes(widths);
    for (std::size_t l = 0; l < shapes.size(); ++l) {
      const LinearShape& there = layout.layers()[l];
      for (std::size_t i = 0; i < shapes[l].in * shapes[l].out; ++i) {
        ASSERT_NE(place[shapes[l].weight + i], SIZE_MAX);
        if (l == 0) continue;
        ASSERT_EQ(place[shapes[l].weight + i], there.weight + i);
      }
      for (std::size_t i = 0; i < shapes[l].out; ++i) {
        ASSERT_EQ(place[shapes[l].bias + i], there.bias + i);
      }
    }
  }
}

}  // namespace
}  // namespace kilat
