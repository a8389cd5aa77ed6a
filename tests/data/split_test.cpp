#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <kilat/dataset.h>

#include "support/expect_error.h"

namespace kilat {
namespace {

using testing::ElementsAre;

// Samples that know where they stood: the pixels of sample i are the bytes of i.
Dataset numbered(const std::vector<std::uint8_t>& labels) {
  Dataset data{"numbered", {2, 1}, 2, {}, labels};
  for (std::size_t i = 0; i < labels.size(); ++i) {
    data.pixels.push_back(static_cast<std::uint8_t>(i));
    data.pixels.push_back(static_cast<std::uint8_t>(i >> 8));
  }
  return data;
}

// 1000 samples of three classes: 500 of label 3, 333 of label 7, 167 of label 200.
Dataset uneven() {
  std::vector<std::uint8_t> labels;
  for (std::size_t i = 0; i < 1000; ++i) {
    labels.push_back(i % 2 == 0 ? 3 : i % 3 == 0 || i < 500 ? 7 : 200);
  }
  return numbered(labels);
}

std::vector<std::size_t> numbers(const Dataset& data) {
  std::vector<std::size_t> result;
  for (std::size_t i = 0; i < data.size(); ++i) {
    result.push_back(data.image(i)[0] + std::size_t{data.image(i)[1]} * 256);
  }
  return result;
}

std::size_t count_of(const Dataset& data, std::uint8_t label) {
  return static_cast<std::size_t>(std::ranges::count(data.labels, label));
}

// Both parts hold whole samples of `all`, in the order of the file, and share none.
void check_parts(const Dataset& all, const Split& parts) {
  std::set<std::size_t> seen;
  for (const Dataset* part : {&parts.train, &parts.validation}) {
    const auto order = numbers(*part);
    EXPECT_TRUE(std::ranges::is_sorted(order));
    EXPECT_EQ(part->pixels.size(), part->size() * part->features);
    for (std::size_t i = 0; i < part->size(); ++i) {
      EXPECT_EQ(part->labels[i], all.labels.at(order[i]));
      EXPECT_TRUE(seen.insert(order[i]).second) << order[i] << " stands in both";
    }
  }
}

TEST(Split, WithoutHoldoutTrainsOnAll) {
  const Dataset all = uneven();
  const Split parts = split(all, {}, {}, 1);
  EXPECT_EQ(parts.train.pixels, all.pixels);
  EXPECT_EQ(parts.train.labels, all.labels);
  EXPECT_EQ(parts.train.name, "numbered");
  EXPECT_TRUE(parts.validation.empty());
}

TEST(Split, WithoutHoldoutTrainsOnTheRangeCutToTheSize) {
  EXPECT_THAT(numbers(split(numbered({1, 1, 1, 1}), {}, {1, 3}, 1).train), ElementsAre(1, 2));
  EXPECT_THAT(numbers(split(numbered({1, 1, 1, 1}), {}, {2, 99}, 1).train), ElementsAre(2, 3));
}

TEST(Split, HoldsOutTheLastSamplesOfTheFile) {
  const Dataset all = numbered({1, 2, 3, 4, 5, 6});
  const Split parts = split(all, Holdout::parse("last:2"), {}, 1);
  EXPECT_THAT(numbers(parts.train), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(numbers(parts.validation), ElementsAre(4, 5));
  EXPECT_EQ(parts.validation.shape, all.shape);
  EXPECT_EQ(parts.validation.features, all.features);
  check_parts(all, parts);
}

TEST(Split, HoldsOutARangeInsideTheTrainingRangeOrBesideIt) {
  const Dataset all = numbered({1, 2, 3, 4, 5, 6});
  const Split middle = split(all, Holdout::parse("1:3"), {0, 5}, 1);
  EXPECT_THAT(numbers(middle.train), ElementsAre(0, 3, 4));
  EXPECT_THAT(numbers(middle.validation), ElementsAre(1, 2));
  const Split beside = split(all, Holdout::parse("4:6"), {0, 4}, 1);
  EXPECT_THAT(numbers(beside.train), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(numbers(beside.validation), ElementsAre(4, 5));
}

TEST(Split, StratifiedHoldsOutExactlyTheCountWithEveryClassInProportion) {
  const Dataset all = uneven();
  for (const std::size_t count : {1U, 2U, 3U, 7U, 10U, 99U, 100U, 333U, 500U, 998U, 999U}) {
    const Split parts = split(all, Holdout::parse(std::to_string(count)), {}, 5);
    check_parts(all, parts);
    EXPECT_EQ(parts.validation.size(), count);
    EXPECT_EQ(parts.train.size(), all.size() - count);
    for (const std::uint8_t label : {3, 7, 200}) {
      const double exact = static_cast<double>(count * count_of(all, label)) / 1000;
      EXPECT_LT(std::abs(static_cast<double>(count_of(parts.validation, label)) - exact), 1);
    }
  }
}

// Shares of 4 of {5, 3, 2}: 2, 1.2 and 0.8, so the missing one goes to the third class.
TEST(Split, TheLargestRemainderGetsTheSampleThatIsMissing) {
  const Split parts = split(numbered({0, 0, 0, 0, 0, 1, 1, 1, 2, 2}), Holdout::parse("4"), {}, 1);
  EXPECT_THAT(parts.validation.labels, ElementsAre(0, 0, 1, 2));
}

TEST(Split, AFractionIsRoundedToTheNearestCount) {
  const Dataset all = uneven();
  EXPECT_EQ(split(all, Holdout::parse("0.1"), {}, 1).validation.size(), 100U);
  EXPECT_EQ(split(all, Holdout::parse("0.0014"), {}, 1).validation.size(), 1U);
  EXPECT_EQ(split(all, Holdout::parse("0.9994"), {}, 1).train.size(), 1U);
}

TEST(Split, StratifiedDrawsFromTheTrainingRange) {
  const Dataset all = uneven();
  const Split parts = split(all, Holdout::parse("0.25"), {200, 600}, 1);
  check_parts(all, parts);
  EXPECT_EQ(parts.validation.size(), 100U);
  EXPECT_EQ(parts.train.size(), 300U);
  for (const std::size_t number : numbers(parts.validation)) {
    EXPECT_TRUE(number >= 200 && number < 600);
  }
}

TEST(Split, DependsOnTheSeedAlone) {
  const Dataset all = uneven();
  const auto held = [&](std::uint64_t seed) {
    return numbers(split(all, Holdout::parse("0.1"), {}, seed).validation);
  };
  EXPECT_EQ(held(1), held(1));
  EXPECT_NE(held(1), held(2));
  EXPECT_NE(held(1), held(1 + (std::uint64_t{1} << 32)));
}

// Every sample is drawn by some seed, and about as often as another.
TEST(Split, DrawsEverySampleAlike) {
  const Dataset all = numbered(std::vector<std::uint8_t>(100, 4));
  std::array<int, 100> drawn = {};
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    for (const std::size_t i : numbers(split(all, Holdout::parse("10"), {}, seed).validation)) {
      ++drawn.at(i);
    }
  }
  // Binomial with n = 1000, p = 0.1: mean 100, deviation 9.5; five deviations.
  EXPECT_THAT(drawn, testing::Each(testing::AllOf(testing::Gt(52), testing::Lt(148))));
}

// Pinned, so that a split made by one version is made by the next.
TEST(Split, StaysAsItIs) {
  const Dataset all = numbered(std::vector<std::uint8_t>(20, 4));
  EXPECT_THAT(numbers(split(all, Holdout::parse("5"), {}, 1).validation),
              ElementsAre(3, 4, 6, 13, 18));
}

TEST(Split, RefusesPartsThatAreEmptyOrReachPastTheEnd) {
  const Dataset all = numbered({1, 1, 2, 2, 3});
  const auto refuse = [&](const std::string& holdout, Range train, const std::string& words) {
    expect_error([&] { split(all, Holdout::parse(holdout), train, 1); }, {"numbered: ", words});
  };
  refuse("none", {5, 9}, "no samples to train on in 5:5 of 5");
  refuse("none", {3, 3}, "no samples to train on");
  refuse("none", {4, 2}, "no samples to train on");
  refuse("5", {}, "cannot hold out 5 samples of 5");
  refuse("18446744073709551615", {}, "cannot hold out");
  refuse("2", {0, 2}, "cannot hold out 2 samples of 2");
  refuse("0.01", {}, "the fraction 0.01 of 5 samples is none");
  refuse("0.99", {}, "cannot hold out 5 samples of 5");
  refuse("last:6", {}, "cannot hold out 6 samples of 5");
  refuse("last:5", {}, "cannot hold out 5 samples of 5");
  refuse("last:3", {3, 5}, "leaves nothing to train on");
  refuse("3:6", {}, "cannot hold out samples 3:6 of 5");
  refuse("5:6", {}, "cannot hold out samples");
  refuse("0:5", {}, "leaves nothing to train on");
  expect_error([] { split({}, {}, {}, 1); }, {"no samples to train on"});
}

TEST(Split, RefusesAHoldoutThatNoTextDescribes) {
  const Dataset all = numbered({1, 1, 2, 2, 3});
  for (const double fraction : {0.0, 1.0, -1.0, 1e300, std::nan("")}) {
    const Holdout holdout{Holdout::Kind::stratified_fraction, fraction, 0, {}};
    expect_error([&] { split(all, holdout, {}, 1); }, {"cannot hold out the fraction"});
  }
  for (const Holdout::Kind kind : {Holdout::Kind::stratified_count, Holdout::Kind::last}) {
    expect_error([&] { split(all, Holdout{kind, 0, 0, {}}, {}, 1); }, {"cannot hold out 0"});
  }
}

TEST(Subset, KeepsTheOrderOfItsIndices) {
  const Dataset all = numbered({10, 11, 12});
  const std::array<std::size_t, 4> indices = {2, 0, 2, 1};
  const Dataset part = subset(all, indices);
  EXPECT_EQ(part.name, all.name);
  EXPECT_EQ(part.shape, all.shape);
  EXPECT_THAT(part.labels, ElementsAre(12, 10, 12, 11));
  EXPECT_THAT(numbers(part), ElementsAre(2, 0, 2, 1));
  EXPECT_TRUE(subset(all, {}).empty());
}

TEST(Subset, RefusesASampleThatIsNotThere) {
  const std::array<std::size_t, 1> indices = {3};
  expect_error(
      [&] {
        subset(numbered({1, 2, 3}), indices);
      },
      {"numbered: there is no sample 3; it holds 3"});
}

}  // namespace
}  // namespace kilat
