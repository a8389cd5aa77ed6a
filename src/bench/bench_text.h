// What `kilat bench` says in words.
#pragma once

#include <string>
#include <vector>

#include "bench/bench_result.h"
#include "train/workload.h"

namespace kilat {

// One or two devices side by side, in at most 80 columns; of two, how they compare. `clocks`: with
// those of a step's parts.
std::string bench_text(const Workload& work, const std::vector<BenchResult>& results, bool clocks);

// "cuda:0 is 12.3 times as fast as cpu", the faster one first.
std::string comparison_text(const Measurement& one, const Measurement& other);

}  // namespace kilat
