// What `kilat bench` says as JSON.
#pragma once

#include "bench/bench_result.h"
#include "report/json.h"
#include "train/workload.h"

namespace kilat {

// An element of the array that --json prints; what was not measured is null.
Json bench_json(const Workload& work, const BenchResult& result);

}  // namespace kilat
