// A device's figures.
#pragma once

#include <optional>

#include "bench/measurement.h"
#include "bench/time_to_accuracy.h"

namespace kilat {

struct BenchResult {
  Measurement measurement;
  std::optional<TimeToAccuracy> until;
};

}  // namespace kilat
