// A device's figures.
#pragma once

#include <optional>

#include "cli/measurement.h"
#include "cli/time_to_accuracy.h"

namespace kilat {

struct BenchResult {
  Measurement measurement;
  std::optional<TimeToAccuracy> until;
};

}  // namespace kilat
