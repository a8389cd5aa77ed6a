#include "report/confusion.h"

#include <cmath>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/not_finite.h"
#include "support/expect_error.h"

namespace kilat {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Five samples of the labels 3, 5 and 9; the class 9 is never predicted.
const std::vector<std::uint8_t> kClasses = {3, 5, 9};
const std::vector<std::uint8_t> kTruth = {0, 0, 1, 2, 0};
const std::vector<float> kProbabilities = {0.8F, 0.1F, 0.1F,   // 3 as 3
                                           0.2F, 0.7F, 0.1F,   // 3 as 5
                                           0.1F, 0.6F, 0.3F,   // 5 as 5
                                           0.9F, 0.0F, 0.1F,   // 9 as 3
                                           0.1F, 0.7F, 0.2F};  // 3 as 5

Dataset five_samples() {
  Dataset data;
  data.shape = {1, 2};
  data.features = 2;
  data.labels = {3, 3, 5, 9, 3};
  data.pixels = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
  return data;
}

std::vector<std::size_t> indices(const std::vector<Misclassified>& mistakes) {
  std::vector<std::size_t> found;
  for (const Misclassified& mistake : mistakes) found.push_back(mistake.index);
  return found;
}

TEST(Confusion, RowsAreTrueClassesAndColumnsPredictedOnes) {
  const Confusion confusion = make_confusion(kClasses, kTruth, kProbabilities);
  EXPECT_THAT(confusion.counts, ElementsAre(1, 2, 0,  //
                                            0, 1, 0,  //
                                            1, 0, 0));
  EXPECT_EQ(confusion.count(0, 1), 2U);
}

TEST(Confusion, ScoresFollowTheirDefinitions) {
  const auto scores = class_scores(make_confusion(kClasses, kTruth, kProbabilities));
  ASSERT_EQ(scores.size(), 3U);
  EXPECT_EQ(scores[0].label, 3);
  EXPECT_EQ(scores[0].support, 3U);
  EXPECT_EQ(scores[0].predicted, 2U);
  EXPECT_DOUBLE_EQ(scores[0].precision, 1.0 / 2);
  EXPECT_DOUBLE_EQ(scores[0].recall, 1.0 / 3);
  EXPECT_DOUBLE_EQ(scores[0].f1, 2.0 / 5);
  EXPECT_DOUBLE_EQ(scores[1].precision, 1.0 / 3);
  EXPECT_DOUBLE_EQ(scores[1].recall, 1);
}

TEST(Confusion, AShareOfNothingIsNotANumber) {
  const auto scores = class_scores(make_confusion(kClasses, kTruth, kProbabilities));
  EXPECT_TRUE(std::isnan(scores[2].precision));
  EXPECT_EQ(scores[2].recall, 0);
  EXPECT_EQ(scores[2].f1, 0);
  for (const ClassScore& score : class_scores(make_confusion(kClasses, {}, {}))) {
    EXPECT_TRUE(std::isnan(score.recall));
    EXPECT_TRUE(std::isnan(score.f1));
  }
}

TEST(Confusion, WhatDoesNotFitTogetherIsRefused) {
  expect_error([] { make_confusion(kClasses, kTruth, std::vector<float>(14)); },
               {"14 probabilities", "5 samples of 3 classes"});
  expect_error([] { make_confusion({}, kTruth, {}); }, {"0 classes"});
  const std::vector<std::uint8_t> beyond = {0, 0, 1, 3, 0};
  expect_error([&] { make_confusion(kClasses, beyond, kProbabilities); }, {"sample 3", "index 3"});
}

TEST(MostProbable, TakesTheFirstOfEqualsAndNeverNan) {
  EXPECT_EQ(most_probable(std::vector<float>{0.1F, 0.4F, 0.4F, 0.1F}), 1U);
  EXPECT_EQ(most_probable(std::vector<float>{kNan, 0.2F, kNan}), 1U);
  EXPECT_EQ(most_probable(std::vector<float>{kNan, kNan}), 0U);
}

TEST(WorstMistakes, ComeMostConfidentFirstAndEqualsInOrder) {
  const auto mistakes = worst_mistakes(five_samples(), kClasses, kProbabilities, 30);
  EXPECT_THAT(indices(mistakes), ElementsAre(3, 1, 4));
  EXPECT_EQ(mistakes[0].truth, 9);
  EXPECT_EQ(mistakes[0].predicted, 3);
  EXPECT_EQ(mistakes[0].confidence, 0.9F);
  EXPECT_EQ(mistakes[0].image.rows, 1U);
  EXPECT_EQ(mistakes[0].image.cols, 2U);
  EXPECT_THAT(mistakes[0].image.pixels, ElementsAre(6, 7));
}

TEST(WorstMistakes, AreAtMostAsManyAsAskedFor) {
  EXPECT_THAT(indices(worst_mistakes(five_samples(), kClasses, kProbabilities, 2)),
              ElementsAre(3, 1));
}

TEST(WorstMistakes, HaveNoImageWhenTheDataHasNone) {
  Dataset rows = five_samples();
  rows.shape = {2};
  EXPECT_THAT(worst_mistakes(rows, kClasses, kProbabilities, 1)[0].image.pixels, IsEmpty());
}

TEST(WorstMistakes, ALabelThatTheNetworkDoesNotKnowIsAMistake) {
  Dataset data = five_samples();
  data.labels[0] = 200;
  EXPECT_EQ(worst_mistakes(data, kClasses, kProbabilities, 30).size(), 4U);
}

TEST(WorstMistakes, NanProbabilitiesAreNotConfident) {
  std::vector<float> probabilities = kProbabilities;
  for (std::size_t j = 9; j < 12; ++j) probabilities[j] = kNan;
  EXPECT_THAT(indices(worst_mistakes(five_samples(), kClasses, probabilities, 30)),
              ElementsAre(1, 4));
}

}  // namespace
}  // namespace kilat
