#include "report/history.h"

#include <cmath>
#include <cstdlib>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kilat {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> split_at(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, separator);) parts.push_back(part);
  if (!text.empty() && text.back() == separator && separator != '\n') parts.emplace_back();
  return parts;
}

TEST(HistoryCsv, ItsColumnsAreTheDocumentedOnes) {
  EXPECT_EQ(history_csv({}),
            "iteration,epoch,train_loss,train_accuracy,validation_loss,validation_accuracy,"
            "test_loss,test_accuracy,learning_rate,dead_units,seconds\n");
}

TEST(HistoryCsv, WhatWasNotMeasuredIsAnEmptyField) {
  Evaluation row;
  row.iteration = 7;
  row.epoch = 0.5;
  row.train = {0.25, 0.75};
  row.learning_rate = 0.1;
  row.train_seconds = 2;
  EXPECT_EQ(split_at(history_csv(std::vector{row}), '\n').at(1), "7,0.5,0.25,0.75,,,,,0.1,,2");
}

TEST(HistoryCsv, EveryNumberReadsBackAsTheSameDouble) {
  const double third = 1.0 / 3;
  Evaluation row;
  row.iteration = 123456789;
  row.epoch = 0.1 + 0.2;
  row.train = {std::nextafter(0.5, 1), third};
  row.validation = {1e-300, std::numeric_limits<double>::denorm_min()};
  row.test = {1.7976931348623157e308, 1 - third};
  row.learning_rate = 0.1F;
  row.dead = {0.1, 2 * third, 0.3};
  row.train_seconds = 1e22 / 3;
  const auto fields = split_at(split_at(history_csv(std::vector{row}), '\n').at(1), ',');
  std::vector<double> numbers;
  for (const std::string& field : fields) numbers.push_back(std::strtod(field.c_str(), nullptr));
  EXPECT_THAT(numbers,
              ElementsAre(123456789, row.epoch, row.train.loss, row.train.accuracy,
                          row.validation.loss, row.validation.accuracy, row.test.loss,
                          row.test.accuracy, row.learning_rate, 2 * third, row.train_seconds));
}

TEST(HistoryCsv, ADivergedRowKeepsItsColumns) {
  Evaluation row;
  row.train.loss = std::numeric_limits<double>::infinity();
  const auto lines = split_at(history_csv(std::vector{row, row, row}), '\n');
  ASSERT_EQ(lines.size(), 4U);
  for (const std::string& line : lines) EXPECT_EQ(split_at(line, ',').size(), 11U) << line;
  EXPECT_EQ(split_at(lines[1], ',')[2], "inf");
}

TEST(WorstDeadShare, IsThatOfTheWorstLayerAndNothingWithoutHiddenLayers) {
  Evaluation row;
  EXPECT_TRUE(std::isnan(worst_dead_share(row)));
  row.dead = {0.25, 0.5, 0};
  EXPECT_EQ(worst_dead_share(row), 0.5);
}

}  // namespace
}  // namespace kilat
