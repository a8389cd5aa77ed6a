// The phases of training by their names.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "backend/types.h"

namespace kilat {

// What each part of a whole takes, in seconds or clocks.
using Parts = std::vector<std::pair<std::string, double>>;

// The phases of a step. A phase without any time was fused with the one before it (or, if it is the
// first, with the next): the two share an entry, such as "backward+update".
Parts named_phases(const PhaseSeconds& seconds);

// Adds "other": the part of `all` seconds that is in none of the phases.
Parts with_other(Parts phases, double all);

}  // namespace kilat
