// The confusion matrix of a classifier, and its most confident mistakes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <kilat/dataset.h>

#include "data/image.h"

namespace kilat {

struct Confusion {
  std::vector<std::uint8_t> classes;  // [k], the label of each row and column
  std::vector<std::size_t> counts;    // [k, k]: row the true class, column the predicted one

  std::size_t size() const { return classes.size(); }
  std::size_t count(std::size_t truth, std::size_t predicted) const {
    return counts[truth * size() + predicted];
  }
};

// How well one class is recognised. A share of nothing, such as the precision of a class that was
// never predicted, is NaN.
struct ClassScore {
  std::uint8_t label = 0;
  std::size_t support = 0;    // samples of this class
  std::size_t predicted = 0;  // samples taken for it
  double precision = 0;       // the share of `predicted` that is of this class
  double recall = 0;          // the share of `support` that was recognised
  double f1 = 0;              // their harmonic mean
};

// A sample that was taken for another class.
struct Misclassified {
  std::size_t index = 0;       // in the data set
  std::uint8_t truth = 0;      // label
  std::uint8_t predicted = 0;  // label
  float confidence = 0;        // probability given to the predicted class
  GreyImage image;             // empty when the data set's shape is not {rows, cols}
};

// The index of the largest of a row of probabilities, the first of equals; NaN is never largest.
std::size_t most_probable(std::span<const float> row);

// `truth`, [n], are indices into `classes`, [k]; `probabilities` are [n, k] row-major. Throws Error
// when they do not fit together.
Confusion make_confusion(std::span<const std::uint8_t> classes, std::span<const std::uint8_t> truth,
                         std::span<const float> probabilities);

std::vector<ClassScore> class_scores(const Confusion& confusion);

// At most `limit` mistakes, the most confident first, equals in the order of the data set. The
// labels of `data` need not be in `classes`: a label that the network does not know is a mistake.
std::vector<Misclassified> worst_mistakes(const Dataset& data,
                                          std::span<const std::uint8_t> classes,
                                          std::span<const float> probabilities, std::size_t limit);

}  // namespace kilat
