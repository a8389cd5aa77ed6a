#include "support/paths.h"

#ifndef KILAT_PROGRAM
#define KILAT_PROGRAM ""
#endif

namespace kilat {

std::string mnist_folder() { return KILAT_SOURCE "/data/mnist"; }
std::string docs_folder() { return KILAT_SOURCE "/docs"; }
std::string program_path() { return KILAT_PROGRAM; }

}  // namespace kilat
