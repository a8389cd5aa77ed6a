#include <array>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <kilat/dataset.h>

#include "support/expect_error.h"
#include "support/idx_files.h"
#include "support/paths.h"
#include "support/temp_folder.h"

namespace kilat {
namespace {

namespace fs = std::filesystem;

const Dataset kTrain = make_dataset(8, {2, 3}, 4, 0, 1);
const Dataset kTest = make_dataset(6, {2, 3}, 3, 0, 2);

struct Names {
  std::string images;
  std::string labels;
  Part part;
};

TEST(Folder, FindsFilesUnderEveryUsualName) {
  for (const std::string prefix : {"", "emnist-letters-", "kmnist_", "a.train-images-"}) {
    for (const std::string suffix : {"", ".gz"}) {
      for (const std::string separator : {"-", "."}) {
        for (const std::string rank : {"1", "2", "3", "4"}) {
          for (const std::string stem : {"train", "t10k", "test"}) {
            const TempFolder folder;
            const std::string end = separator + "idx" + rank + "-ubyte" + suffix;
            write_images(folder / (prefix + stem + "-images" + end), kTrain);
            write_labels(folder / (prefix + stem + "-labels-idx1-ubyte"), kTrain.labels);
            write_bytes(folder / "README.md", kTrain.labels);
            write_bytes(folder / (prefix + stem + "-images-idx5-ubyte"), kTrain.labels);
            write_bytes(folder / (prefix + stem + "-images" + end + ".md5"), kTrain.labels);
            const Dataset data =
                load_part(folder.path(), stem == "train" ? Part::train : Part::test);
            EXPECT_EQ(data.pixels, kTrain.pixels);
            EXPECT_EQ(data.name, (folder / (prefix + stem + "-images" + end)).string());
          }
        }
      }
    }
  }
}

TEST(Folder, TellsTrainingFromTest) {
  const TempFolder folder;
  write_part(folder.path(), Part::train, kTrain, "p-", ".gz");
  write_part(folder.path(), Part::test, kTest, "p-");
  EXPECT_EQ(load_part(folder.path(), Part::train).pixels, kTrain.pixels);
  EXPECT_EQ(load_part(folder.path(), Part::test).pixels, kTest.pixels);
  EXPECT_EQ(load_part(folder.path(), Part::test).labels, kTest.labels);
}

TEST(Folder, PrefersTheRawFileToItsCompressedTwin) {
  const TempFolder folder;
  write_part(folder.path(), Part::train, kTrain);
  write_part(folder.path(), Part::train, kTest, "", ".gz");
  EXPECT_EQ(load_part(folder.path(), Part::train).pixels, kTrain.pixels);
}

TEST(Folder, SkipsFoldersNamedLikeFiles) {
  const TempFolder folder;
  write_part(folder.path(), Part::train, kTrain, "", ".gz");
  fs::create_directory(folder / "train-images-idx3-ubyte");
  fs::create_directory(folder / "train-images.idx3-ubyte");
  fs::create_symlink("nowhere", folder / "train-labels-idx1-ubyte");
  EXPECT_EQ(load_part(folder.path(), Part::train).pixels, kTrain.pixels);
}

TEST(Folder, WithSeveralDataSetsIsAnErrorThatListsThem) {
  const TempFolder folder;
  write_part(folder.path(), Part::train, kTrain, "emnist-digits-");
  write_part(folder.path(), Part::test, kTest);
  for (const Part part : {Part::train, Part::test}) {
    expect_error([&] { load_part(folder.path(), part); },
                 {folder.path().string(), "several data sets (emnist-digits-*, without prefix)"});
  }
}

TEST(Folder, ImagesAndLabelsMustHaveTheSamePrefix) {
  const TempFolder folder;
  write_images(folder / "a-train-images-idx3-ubyte", kTrain);
  write_labels(folder / "b-train-labels-idx1-ubyte", kTrain.labels);
  expect_error([&] { load_part(folder.path(), Part::train); }, {"several data sets (a-*, b-*)"});
}

TEST(Folder, WithTwoFilesOfOneKindIsAnErrorThatListsThem) {
  const TempFolder folder;
  write_part(folder.path(), Part::test, kTest);
  write_images(folder / "test-images.idx3-ubyte", kTest);
  expect_error([&] { load_part(folder.path(), Part::test); },
               {"several files of test images", "t10k-images-idx3-ubyte, test-images.idx3-ubyte"});
}

TEST(Folder, SaysWhichNamesItLookedFor) {
  const TempFolder folder;
  const auto path = folder.path().string();
  expect_error([&] { load_part(folder.path(), Part::train); },
               {path + ": no training images", "train-images-idx3-ubyte", ".gz"});
  expect_error([&] { load_part(folder.path(), Part::test); },
               {path + ": no test images", "t10k-images-idx3-ubyte", "test-images.idx3-ubyte"});
  write_images(folder / "train-images-idx3-ubyte", kTrain);
  expect_error([&] { load_part(folder.path(), Part::train); },
               {path + ": no training labels", "train-labels-idx1-ubyte"});
}

TEST(Folder, LabelsOfAnotherRankAreNotRead) {
  const TempFolder folder;
  write_images(folder / "train-images-idx3-ubyte", kTrain);
  write_images(folder / "train-labels-idx1-ubyte", kTrain);
  expect_error([&] { load_part(folder.path(), Part::train); },
               {"train-labels-idx1-ubyte: holds images (rank 3), where labels are expected"});
}

TEST(Folder, SaysWhyAFolderCannotBeRead) {
  const TempFolder folder;
  expect_error([&] { load_part(folder / "none", Part::train); }, {"none: no such folder"});
  write_bytes(folder / "file", kTrain.labels);
  expect_error([&] { load_part(folder / "file", Part::train); }, {"file: not a folder"});
  if (geteuid() == 0) return;  // root may do everything
  fs::create_directory(folder / "shut");
  fs::permissions(folder / "shut", fs::perms::none);
  expect_error([&] { load_part(folder / "shut", Part::train); }, {"shut: the folder cannot be"});
}

// Counts from http://yann.lecun.com/exdb/mnist/; the histograms are those of the label files.
TEST(Folder, LoadsMnist) {
  const Dataset train = load_part(mnist_folder(), Part::train);
  const Dataset test = load_part(mnist_folder(), Part::test);
  EXPECT_EQ(train.size(), 60'000U);
  EXPECT_EQ(test.size(), 10'000U);
  EXPECT_EQ(train.shape, (std::vector<std::size_t>{28, 28}));
  EXPECT_EQ(train.features, 784U);
  EXPECT_EQ(train.pixels.size(), 47'040'000U);
  const auto histogram = [](const Dataset& data) {
    std::array<int, 10> counts = {};
    for (const std::uint8_t label : data.labels) ++counts.at(label);
    return counts;
  };
  EXPECT_THAT(histogram(train),
              testing::ElementsAre(5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949));
  EXPECT_THAT(histogram(test),
              testing::ElementsAre(980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009));
  EXPECT_THAT(std::span(train.labels).first(5), testing::ElementsAre(5, 0, 4, 1, 9));
  EXPECT_THAT(std::span(test.labels).first(5), testing::ElementsAre(7, 2, 1, 0, 4));
}

}  // namespace
}  // namespace kilat
