// The counters behind emulation::counters().
#pragma once

#include "emulation.h"

namespace emulation {

Counters& counted();

}  // namespace emulation
