// `kilat info --devices`: what there is to compute on.
#pragma once

#include "report/json.h"

namespace kilat {

// The CPU, the GPUs, and where there is none to use, why.
Json describe_devices();

// The same for people.
std::string devices_text();

}  // namespace kilat
