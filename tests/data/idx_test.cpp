#include <array>

#include <gtest/gtest.h>

#include <kilat/dataset.h>

#include "support/expect_error.h"
#include "support/idx_files.h"
#include "support/temp_folder.h"

namespace kilat {
namespace {

Bytes first_bytes(const Bytes& bytes, std::size_t size) {
  return Bytes(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
}

TEST(Idx, LoadsImagesOfEveryRankRawAndCompressed) {
  const TempFolder folder;
  for (const std::vector<std::size_t>& shape :
       {std::vector<std::size_t>{6}, {2, 3}, {1, 2, 3}, {1, 1}, {28, 28}}) {
    const Dataset made = make_dataset(5, shape, 3);
    for (const std::string name : {"images", "images.gz"}) {
      write_images(folder / name, made);
      const Images images = load_images(folder / name);
      EXPECT_EQ(images.name, (folder / name).string());
      EXPECT_EQ(images.count, 5U);
      EXPECT_EQ(images.features, made.features);
      EXPECT_EQ(images.shape, shape.size() == 1 ? std::vector<std::size_t>() : shape);
      EXPECT_EQ(images.pixels, made.pixels);
    }
  }
}

TEST(Idx, GzipIsKnownByItsContentsNotItsName) {
  const TempFolder folder;
  const Dataset made = make_dataset(5, {2, 3}, 3);
  write_images(folder / "images.gz", made);
  std::filesystem::rename(folder / "images.gz", folder / "images");
  EXPECT_EQ(load_images(folder / "images").pixels, made.pixels);
  write_images(folder / "images", made);
  std::filesystem::rename(folder / "images", folder / "images.gz");
  EXPECT_EQ(load_images(folder / "images.gz").pixels, made.pixels);
}

TEST(Idx, LoadsPairsWithLabelsAsTheFileHasThem) {
  const TempFolder folder;
  const Dataset letters = make_dataset(52, {4, 4}, 26, 1);  // as EMNIST letters: from 1
  write_images(folder / "i", letters);
  write_labels(folder / "l.gz", letters.labels);
  const Dataset data = load_dataset(folder / "i", folder / "l.gz");
  EXPECT_EQ(data.name, (folder / "i").string());
  EXPECT_EQ(data.shape, letters.shape);
  EXPECT_EQ(data.features, 16U);
  EXPECT_EQ(data.pixels, letters.pixels);
  EXPECT_EQ(data.labels, letters.labels);
  EXPECT_EQ(data.labels.front(), 1);
  EXPECT_TRUE(std::ranges::equal(data.image(3), letters.image(3)));
}

TEST(Idx, CountsThatDifferNameBothFiles) {
  const TempFolder folder;
  const Dataset made = make_dataset(5, {2, 3}, 3);
  write_images(folder / "i", made);
  write_labels(folder / "l", std::span(made.labels).first(4));
  expect_error([&] { load_dataset(folder / "i", folder / "l"); },
               {(folder / "i").string() + " holds 5 images", (folder / "l").string() + " holds 4"});
}

TEST(Idx, FilesInTheWrongPlaceAreTold) {
  const TempFolder folder;
  const Dataset made = make_dataset(5, {2, 3}, 3);
  write_images(folder / "i", made);
  write_labels(folder / "l.gz", made.labels);
  expect_error([&] { load_dataset(folder / "l.gz", folder / "i"); }, {"l.gz: holds labels"});
  expect_error([&] { load_labels(folder / "i"); }, {"i: holds images"});
  expect_error([&] { load_labels(folder / "none"); }, {"none: no such file"});
  expect_error([&] { load_labels(folder.path()); }, {"a folder"});
}

TEST(Idx, EveryTruncationAndEveryTrailingByteIsAnError) {
  const TempFolder folder;
  const auto file = folder / "f";
  const std::array<std::size_t, 3> dimensions = {3, 2, 2};
  const Bytes whole = idx_bytes(dimensions, Bytes(12, 9));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const std::string words = size == 0 ? "empty" : "truncated: ";
    write_bytes(file, first_bytes(whole, size));
    expect_error([&] { load_images(file); }, {"f: " + words, "download it again"});
    write_bytes(file, gzip_bytes(first_bytes(whole, size)));
    expect_error([&] { load_images(file); }, {"f: " + words, "download it again"});
  }
  write_bytes(file, first_bytes(whole, 20));
  expect_error([&] { load_images(file); },
               {"the header promises 3 x 2 x 2 = 12 bytes, the file holds 4;"});
  Bytes longer = whole;
  longer.push_back(0);
  write_bytes(file, longer);
  expect_error([&] { load_images(file); }, {"more bytes follow than the 3 x 2 x 2 = 12 bytes"});
  write_bytes(file, gzip_bytes(longer));
  expect_error([&] { load_images(file); }, {"more bytes follow than the 3 x 2 x 2 = 12 bytes"});
}

// Nothing of this size is allocated: the sanitizers' limit, or the memory, would end the test.
TEST(Idx, HugeClaimsAreNotBelieved) {
  const TempFolder folder;
  const std::array<std::size_t, 3> dimensions = {4'294'967'295, 65'535, 65'535};
  const Bytes bytes = idx_bytes(dimensions, Bytes(100, 1));
  write_bytes(folder / "f", bytes);
  expect_error([&] { load_images(folder / "f"); }, {"f: corrupt header"});
  write_bytes(folder / "f.gz", gzip_bytes(bytes));
  expect_error([&] { load_images(folder / "f.gz"); }, {"f.gz: corrupt header"});

  const std::array<std::size_t, 2> rows = {4'000'000'000, 1'000'000};
  for (const std::string name : {"r", "r.gz"}) {
    const Bytes claim = idx_bytes(rows, Bytes(100, 1));
    write_bytes(folder / name, name == "r" ? claim : gzip_bytes(claim));
    expect_error([&] { load_images(folder / name); },
                 {name + ": truncated", "= 4000000000000000 bytes, the file holds 100;"});
  }
  const std::size_t count = 4'294'967'295;
  write_bytes(folder / "l", idx_bytes(std::span(&count, 1), Bytes(3, 1)));
  expect_error([&] { load_labels(folder / "l"); },
               {"promises 4294967295 bytes, the file holds 3;"});
}

TEST(Idx, HugeFileOfLittleIsNotRead) {
  const TempFolder folder;
  const std::array<std::size_t, 2> dimensions = {2, 3};
  write_bytes(folder / "f", idx_bytes(dimensions, Bytes(6, 1)));
  std::filesystem::resize_file(folder / "f", std::uintmax_t{1} << 40);  // a hole
  expect_error([&] { load_images(folder / "f"); }, {"more bytes follow"});
}

TEST(Idx, BombIsRefusedByItsHeader) {
  const TempFolder folder;
  write_bytes(folder / "zeros.gz", gzip_bytes(Bytes(50'000'000)));
  expect_error([&] { load_images(folder / "zeros.gz"); }, {"not an IDX file"});
  const std::array<std::size_t, 2> dimensions = {2, 3};
  write_bytes(folder / "f.gz", gzip_bytes(idx_bytes(dimensions, Bytes(50'000'000))));
  expect_error([&] { load_images(folder / "f.gz"); }, {"more bytes follow"});
}

TEST(Idx, MembersOfGzipMayDivideTheFileAnywhere) {
  const TempFolder folder;
  const Dataset made = make_dataset(3, {2, 2}, 3);
  const std::array<std::size_t, 3> dimensions = {3, 2, 2};
  const Bytes whole = idx_bytes(dimensions, made.pixels);
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    Bytes file = gzip_bytes(first_bytes(whole, size));
    const Bytes rest = gzip_bytes(std::span(whole).subspan(size));
    file.insert(file.end(), rest.begin(), rest.end());
    write_bytes(folder / "f.gz", file);
    EXPECT_EQ(load_images(folder / "f.gz").pixels, made.pixels) << size;
  }
}

// One byte wrong, each in turn and in every bit, gives an Error or, where the byte does not
// matter (a time stamp), the right images.
TEST(Idx, CorruptGzipIsAnErrorOrHarmless) {
  const TempFolder folder;
  const Dataset made = make_dataset(6, {3, 3}, 3);
  write_images(folder / "f.gz", made);
  const Bytes good = read_bytes(folder / "f.gz");
  std::size_t errors = 0;
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      Bytes bad = good;
      bad[i] ^= static_cast<std::uint8_t>(1 << bit);
      write_bytes(folder / "f.gz", bad);
      try {
        const Images images = load_images(folder / "f.gz");
        EXPECT_EQ(images.pixels, made.pixels) << i;
        EXPECT_EQ(images.shape, made.shape) << i;
      } catch (const Error& error) {
        EXPECT_NE(std::string(error.what()).find("f.gz: "), std::string::npos);
        ++errors;
      }
    }
  }
  EXPECT_GT(errors, 8 * (good.size() - 10));  // all but some of the ten bytes of gzip's header
}

TEST(Idx, EveryTruncationOfGzipIsAnError) {
  const TempFolder folder;
  write_images(folder / "f.gz", make_dataset(6, {3, 3}, 3));
  const Bytes good = read_bytes(folder / "f.gz");
  for (std::size_t size = 0; size < good.size(); ++size) {
    write_bytes(folder / "f.gz", first_bytes(good, size));
    expect_error([&] { load_images(folder / "f.gz"); }, {"f.gz: "});
  }
}

}  // namespace
}  // namespace kilat
