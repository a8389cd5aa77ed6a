// Folders for results.
#pragma once

#include <filesystem>
#include <vector>

namespace kilat {

// A folder to write to. The destructor removes the folders that it made if they are still empty, so
// that a run that fails early leaves nothing behind.
class OutputFolder {
 public:
  // Uses `path`; makes it and its parents if missing. Throws Error when it cannot be used.
  static OutputFolder at(const std::filesystem::path& path);

  // Makes a new folder: `path` or, if that exists, `path` with -2, -3, … appended.
  static OutputFolder unused(const std::filesystem::path& path);

  ~OutputFolder();
  OutputFolder(OutputFolder&&) = default;
  OutputFolder& operator=(OutputFolder&&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  OutputFolder() = default;
  bool make(const std::filesystem::path& path);  // false if it exists already

  std::filesystem::path path_;
  std::vector<std::filesystem::path> made_;  // outermost first
};

}  // namespace kilat
