#include "report/history.h"

#include <algorithm>
#include <cmath>
#include <string>

#include <fmt/format.h>

namespace kilat {
namespace {

std::string field(double value) { return std::isnan(value) ? "" : fmt::format("{}", value); }

}  // namespace

std::string history_csv(std::span<const Evaluation> history) {
  std::string csv =
      "iteration,epoch,train_loss,train_accuracy,validation_loss,validation_accuracy,"
      "test_loss,test_accuracy,learning_rate,dead_units,seconds\n";
  for (const Evaluation& row : history) {
    csv += fmt::format("{},{}", row.iteration, field(row.epoch));
    for (const Score& score : {row.train, row.validation, row.test}) {
      csv += fmt::format(",{},{}", field(score.loss), field(score.accuracy));
    }
    csv += fmt::format(",{},{},{}\n", field(row.learning_rate), field(worst_dead_share(row)),
                       field(row.train_seconds));
  }
  return csv;
}

double worst_dead_share(const Evaluation& evaluation) {
  const auto worst = std::max_element(evaluation.dead.begin(), evaluation.dead.end());
  return worst == evaluation.dead.end() ? kNotMeasured : *worst;
}

}  // namespace kilat
