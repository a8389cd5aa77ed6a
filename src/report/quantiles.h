// Quantiles of repeated measurements.
#pragma once

#include <vector>

namespace kilat {

// The q-quantile of the values, q in [0, 1], interpolated linearly between the two nearest in rank
// (Hyndman and Fan 1996, definition 7: NumPy's default). NaN where there are none.
double quantile(std::vector<double> values, double q);

struct Percentiles {
  double median = 0;
  double p5 = 0;
  double p95 = 0;
};

Percentiles percentiles(const std::vector<double>& values);

}  // namespace kilat
