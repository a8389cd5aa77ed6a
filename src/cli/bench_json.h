// What `kilat bench` says as JSON.
#pragma once

#include "cli/bench_result.h"
#include "cli/json.h"
#include "cli/workload.h"

namespace kilat {

// An element of the array that --json prints; what was not measured is null.
Json bench_json(const Workload& work, const BenchResult& result);

}  // namespace kilat
