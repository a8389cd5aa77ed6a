#include <array>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <kilat/dataset.h>

#include "support/expect_error.h"
#include "support/idx_files.h"

namespace kilat {
namespace {

using testing::ElementsAre;

Dataset labelled(std::vector<std::uint8_t> labels) { return {"set", {}, 0, {}, std::move(labels)}; }

TEST(Classes, AreTheDistinctLabelsInRisingOrder) {
  EXPECT_THAT(find_classes(labelled({255, 3, 0, 3, 255})), ElementsAre(0, 3, 255));
  EXPECT_THAT(find_classes(labelled({})), ElementsAre());
}

TEST(Classes, MayBeAll256) {
  std::vector<std::uint8_t> labels;
  for (int label = 255; label >= 0; --label) labels.push_back(static_cast<std::uint8_t>(label));
  const auto classes = find_classes(labelled(labels));
  ASSERT_EQ(classes.size(), 256U);
  EXPECT_EQ(class_indices(labelled(labels), classes), labels);
}

TEST(Classes, OfEmnistLettersCountFromOne) {
  const Dataset letters = make_dataset(52, {1}, 26, 1);
  const auto classes = find_classes(letters);
  EXPECT_EQ(classes.size(), 26U);
  EXPECT_EQ(classes.front(), 1);
  EXPECT_EQ(classes.back(), 26);
  const auto indices = class_indices(letters, classes);
  for (std::size_t i = 0; i < letters.size(); ++i) EXPECT_EQ(indices[i], letters.labels[i] - 1);
}

TEST(ClassIndices, ArePlacesInTheListGiven) {
  const std::array<std::uint8_t, 3> classes = {7, 2, 9};
  EXPECT_THAT(class_indices(labelled({9, 9, 7, 2}), classes), ElementsAre(2, 2, 0, 1));
}

TEST(ClassIndices, OfAnUnknownLabelNameTheSample) {
  const std::array<std::uint8_t, 2> classes = {2, 7};
  expect_error(
      [&] {
        class_indices(labelled({2, 7, 3}), classes);
      },
      {"set: sample 2 is labelled 3", "none of the classes 2, 7"});
  expect_error([] { class_indices(labelled({0}), {}); }, {"set: sample 0 is labelled 0"});
}

}  // namespace
}  // namespace kilat
