// `kilat info --devices`: the devices of this machine.
#pragma once

#include "report/json.h"

namespace kilat {

// The CPU and the GPUs; if no GPU can be used, the reason.
Json describe_devices();

// The same for people.
std::string devices_text();

}  // namespace kilat
