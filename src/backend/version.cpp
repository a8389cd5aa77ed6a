#include "base/version.h"

#include <dnnl.hpp>

#include <fmt/format.h>

#ifndef KILAT_VERSION
#error "CMake defines KILAT_VERSION"
#endif

namespace kilat {

std::string version() { return KILAT_VERSION; }

std::string onednn_version() {
  const dnnl_version_t* v = dnnl_version();
  return fmt::format("{}.{}.{}", v->major, v->minor, v->patch);
}

std::string compiler_version() {
#if defined(__clang__)
  return "clang " __clang_version__;
#else
  return "gcc " __VERSION__;
#endif
}

}  // namespace kilat
