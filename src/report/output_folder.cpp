#include "report/output_folder.h"

#include <system_error>

#include <fmt/format.h>
#include <unistd.h>

#include <kilat/error.h>

namespace kilat {
namespace {

namespace fs = std::filesystem;

Error cannot_use(const fs::path& path, const std::string& reason) {
  return Error(fmt::format("{}: {}; choose another folder with --run", path.string(), reason));
}

}  // namespace

OutputFolder OutputFolder::at(const fs::path& path) {
  OutputFolder folder;
  folder.path_ = path;
  folder.make(path);
  return folder;
}

OutputFolder OutputFolder::unused(const fs::path& path) {
  OutputFolder folder;
  folder.path_ = path;
  for (int n = 2; !folder.make(folder.path_); ++n) {
    folder.path_ = fmt::format("{}-{}", path.string(), n);
  }
  return folder;
}

OutputFolder::~OutputFolder() {
  std::error_code ignored;  // of one that is not empty
  for (auto path = made_.rbegin(); path != made_.rend(); ++path) fs::remove(*path, ignored);
}

bool OutputFolder::make(const fs::path& path) {
  std::error_code error;
  const bool parent_is_missing = path.has_parent_path() && path.parent_path() != path &&
                                 !fs::exists(path.parent_path(), error);
  if (parent_is_missing) make(path.parent_path());
  const bool made = fs::create_directory(path, error);
  if (made) made_.push_back(path);
  if (error && error != std::errc::not_a_directory && error != std::errc::file_exists) {
    throw cannot_use(path, "cannot be made: " + error.message());
  }
  if (!fs::is_directory(path, error)) throw cannot_use(path, "not a folder");
  if (::access(path.c_str(), W_OK | X_OK) != 0)
    throw cannot_use(path, "no permission to write in it");
  return made;
}

}  // namespace kilat
