#include <cstdlib>
#include <string_view>
#include <system_error>

#include <dlfcn.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <kilat/dataset.h>
#include <kilat/error.h>

#ifndef KILAT_SOURCE_DATA
#define KILAT_SOURCE_DATA ""
#endif

namespace kilat {
namespace {

namespace fs = std::filesystem;

bool is_folder(const fs::path& path) {
  std::error_code error;
  return fs::is_directory(path, error);
}

fs::path data_under(const fs::path& prefix) { return prefix / "share" / "kilat" / "mnist"; }

// Installed beside the program (bin/..) or the library (lib/..), or the source tree; in rising
// distance from the running program.
std::vector<fs::path> places_of_mnist() {
  std::vector<fs::path> places;
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  if (!error) places.push_back(data_under(program.parent_path().parent_path()));
  static const char in_this_library = 0;
  Dl_info info = {};
  if (dladdr(&in_this_library, &info) != 0) {
    const fs::path library = fs::canonical(info.dli_fname, error);
    if (!error) {
      const fs::path prefix = library.parent_path().parent_path();
      places.push_back(data_under(prefix));
      places.push_back(data_under(prefix.parent_path()));  // of lib/x86_64-linux-gnu
    }
  }
  if (std::string_view(KILAT_SOURCE_DATA) != "") places.push_back(KILAT_SOURCE_DATA);
  return places;
}

}  // namespace

fs::path find_data(const fs::path& wanted) {
  if (!wanted.empty()) {
    if (is_folder(wanted)) return wanted;
    throw Error(fmt::format("{}: the data folder asked for is not a folder; check the path",
                            wanted.string()));
  }
  if (const char* named = std::getenv("KILAT_DATA"); named != nullptr && *named != '\0') {
    if (is_folder(named)) return named;
    throw Error(
        fmt::format("{}: KILAT_DATA names it, but it is not a folder; correct or unset the "
                    "variable",
                    named));
  }
  const std::vector<fs::path> places = places_of_mnist();
  for (const fs::path& place : places) {
    if (is_folder(place)) return place;
  }
  std::vector<std::string> tried;
  tried.reserve(places.size());
  for (const fs::path& place : places) tried.push_back(place.string());
  throw Error(
      fmt::format("no data: MNIST is not in {}; name a folder of IDX files, or set "
                  "KILAT_DATA to one",
                  fmt::join(tried, " nor in ")));
}

}  // namespace kilat
