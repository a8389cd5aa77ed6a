#include "data/idx_header.h"

#include <gtest/gtest.h>

#include "support/expect_error.h"
#include "support/idx_files.h"

namespace kilat {
namespace {

struct BadHeader {
  std::string name;
  Bytes start;
  std::string words;
};

// All are read as images, but for those whose name ends in Labels.
const BadHeader kBadHeaders[] = {
    {"Empty", {}, "empty"},
    {"ThreeBytes", {0, 0, 8}, "truncated: the header needs 4 bytes at least, the file holds 3"},
    {"CutDimensions", {0, 0, 8, 3, 0, 0, 0, 1, 0}, "needs 16 bytes, the file holds 9"},
    {"Png", {0x89, 'P', 'N', 'G'}, "not an IDX file: it begins with 89 50 4e 47"},
    {"LittleEndian", {3, 8, 0, 0}, "not an IDX file: it begins with 03 08 00 00"},
    {"SecondByte", {0, 1, 8, 3}, "not an IDX file"},
    {"UnknownType", {0, 0, 0x0a, 3}, "not an IDX file"},
    {"SignedBytes", {0, 0, 0x09, 3}, "holds signed bytes (IDX type 0x09); only unsigned bytes"},
    {"Shorts", {0, 0, 0x0b, 3}, "holds 16-bit integers"},
    {"Integers", {0, 0, 0x0c, 3}, "holds 32-bit integers"},
    {"Floats", {0, 0, 0x0d, 3}, "holds 32-bit floats"},
    {"Doubles", {0, 0, 0x0e, 3}, "holds 64-bit floats"},
    {"LabelsForImages", {0, 0, 8, 1}, "holds labels (rank 1), where images are expected"},
    {"ImagesForLabels", {0, 0, 8, 3}, "holds images (rank 3), where labels are expected"},
    {"Rank0", {0, 0, 8, 0}, "has rank 0"},
    {"Rank5", {0, 0, 8, 5}, "has rank 5"},
    {"Rank0Labels", {0, 0, 8, 0}, "has rank 0"},
    {"Rank5Labels", {0, 0, 8, 5}, "has rank 5"},
    {"NoSamples", {0, 0, 8, 2, 0, 0, 0, 0, 0, 0, 0, 1}, "its count is 0"},
    {"NoSamplesLabels", {0, 0, 8, 1, 0, 0, 0, 0}, "its count is 0"},
    {"NoPixels", {0, 0, 8, 2, 0, 0, 0, 5, 0, 0, 0, 0}, "no pixels (5 x 0)"},
    {"Overflow",
     {0, 0, 8, 3, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255},
     "corrupt header: 4294967295 x 4294967295 x 4294967295 bytes exceed any file"},
    {"OverflowToZero",
     {0, 0, 8, 4, 128, 0, 0, 0, 128, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 1},
     "corrupt header"},
};

class IdxHeaderRejects : public testing::TestWithParam<BadHeader> {};

TEST_P(IdxHeaderRejects, WithItsOwnLine) {
  const auto& [name, start, words] = GetParam();
  const IdxKind kind = name.ends_with("Labels") ? IdxKind::labels : IdxKind::images;
  expect_error([&] { parse_idx_header(start, kind, "dir/f"); }, {"dir/f: ", words});
}

INSTANTIATE_TEST_SUITE_P(Start, IdxHeaderRejects, testing::ValuesIn(kBadHeaders),
                         [](const auto& param_info) { return param_info.param.name; });

TEST(IdxHeader, ReadsBigEndianDimensionsOfEveryRank) {
  const std::size_t dimensions[] = {0x01020304, 0x0506, 3, 1};
  for (std::size_t rank = 1; rank <= 4; ++rank) {
    const auto some = std::span(dimensions).first(rank);
    const Bytes start = idx_bytes(some, {});
    const auto header = parse_idx_header(start, rank == 1 ? IdxKind::labels : IdxKind::images, "f");
    EXPECT_EQ(header.dimensions, std::vector(some.begin(), some.end()));
    EXPECT_EQ(header.length, 4 + 4 * rank);
    std::size_t product = 1;
    for (const std::size_t dimension : some) product *= dimension;
    EXPECT_EQ(header.contents, product);
  }
}

TEST(IdxHeader, TellsItsPromise) {
  EXPECT_EQ((IdxHeader{{60000, 28, 28}, 16, 47040000}.promise()),
            "60000 x 28 x 28 = 47040000 bytes");
  EXPECT_EQ((IdxHeader{{10}, 8, 10}.promise()), "10 bytes");
}

}  // namespace
}  // namespace kilat
