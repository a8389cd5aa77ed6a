#include "report/confusion.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include <kilat/error.h>

namespace kilat {
namespace {

void check_probabilities(std::size_t samples, std::size_t classes, std::size_t probabilities) {
  if (classes != 0 && probabilities % classes == 0 && probabilities / classes == samples) return;
  throw Error(
      fmt::format("{} probabilities do not fit {} samples of {} classes: give one a sample "
                  "and class",
                  probabilities, samples, classes));
}

double share(std::size_t part, std::size_t whole) {
  if (whole == 0) return std::numeric_limits<double>::quiet_NaN();
  return static_cast<double>(part) / static_cast<double>(whole);
}

GreyImage image_of(const Dataset& data, std::size_t index) {
  if (data.shape.size() != 2) return {};
  const auto pixels = data.image(index);
  return {data.shape[0], data.shape[1], {pixels.begin(), pixels.end()}};
}

}  // namespace

std::size_t most_probable(std::span<const float> row) {
  std::size_t best = 0;
  float largest = -std::numeric_limits<float>::infinity();
  for (std::size_t j = 0; j < row.size(); ++j) {
    if (row[j] > largest) {
      largest = row[j];
      best = j;
    }
  }
  return best;
}

Confusion make_confusion(std::span<const std::uint8_t> classes, std::span<const std::uint8_t> truth,
                         std::span<const float> probabilities) {
  const std::size_t k = classes.size();
  check_probabilities(truth.size(), k, probabilities.size());
  Confusion confusion{{classes.begin(), classes.end()}, std::vector<std::size_t>(k * k)};
  for (std::size_t i = 0; i < truth.size(); ++i) {
    if (truth[i] >= k) {
      throw Error(fmt::format("sample {} has the class index {}, but there are {} classes", i,
                              truth[i], k));
    }
    ++confusion.counts[truth[i] * k + most_probable(probabilities.subspan(i * k, k))];
  }
  return confusion;
}

std::vector<ClassScore> class_scores(const Confusion& confusion) {
  std::vector<ClassScore> scores(confusion.size());
  for (std::size_t j = 0; j < scores.size(); ++j) {
    ClassScore& score = scores[j];
    score.label = confusion.classes[j];
    for (std::size_t other = 0; other < confusion.size(); ++other) {
      score.support += confusion.count(j, other);
      score.predicted += confusion.count(other, j);
    }
    const std::size_t hits = confusion.count(j, j);
    score.precision = share(hits, score.predicted);
    score.recall = share(hits, score.support);
    score.f1 = share(2 * hits, score.predicted + score.support);
  }
  return scores;
}

std::vector<Misclassified> worst_mistakes(const Dataset& data,
                                          std::span<const std::uint8_t> classes,
                                          std::span<const float> probabilities, std::size_t limit) {
  const std::size_t k = classes.size();
  check_probabilities(data.size(), k, probabilities.size());
  std::vector<Misclassified> mistakes;
  for (std::size_t i = 0; i < data.size(); ++i) {
    const auto row = probabilities.subspan(i * k, k);
    const std::size_t predicted = most_probable(row);
    if (classes[predicted] == data.labels[i] || !(row[predicted] >= 0)) continue;
    mistakes.push_back({i, data.labels[i], classes[predicted], row[predicted], {}});
  }
  std::stable_sort(mistakes.begin(), mistakes.end(),
                   [](const auto& a, const auto& b) { return a.confidence > b.confidence; });
  if (mistakes.size() > limit) mistakes.resize(limit);
  for (Misclassified& mistake : mistakes) mistake.image = image_of(data, mistake.index);
  return mistakes;
}

}  // namespace kilat
