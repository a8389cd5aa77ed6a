// Versions, for manifests and `kilat info`.
#pragma once

#include <string>

namespace kilat {

std::string version();           // Kilat's: "0.1.0"
std::string onednn_version();    // "2.6.3"
std::string compiler_version();  // "gcc 12.2.0"

}  // namespace kilat
