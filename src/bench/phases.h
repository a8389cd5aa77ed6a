// The phases of training by their names.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "backend/types.h"

namespace kilat {

using NamedSeconds = std::vector<std::pair<std::string, double>>;

// Those of a step. One without any time of its own was fused with the one before it, or with the
// one behind where it comes first: they share a name, such as "backward+update".
NamedSeconds named_phases(const PhaseSeconds& seconds);

// The phases, and as "other" what of `all` seconds is in none of them.
NamedSeconds with_other(NamedSeconds phases, double all);

}  // namespace kilat
