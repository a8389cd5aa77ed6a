// Folders for results.
#pragma once

#include <filesystem>
#include <vector>

namespace kilat {

// A folder to write to. At the end of its scope what was made for it is removed again where nothing
// was put into it, so that a run that fails early leaves nothing behind.
class OutputFolder {
 public:
  // `path`, made with its parents where it is missing. Throws Error when it cannot be used.
  static OutputFolder at(const std::filesystem::path& path);

  // A folder that was not there before: `path`, or with -2, -3, … behind.
  static OutputFolder unused(const std::filesystem::path& path);

  ~OutputFolder();
  OutputFolder(OutputFolder&&) = default;
  OutputFolder& operator=(OutputFolder&&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  OutputFolder() = default;
  bool make(const std::filesystem::path& path);  // false where it is there already

  std::filesystem::path path_;
  std::vector<std::filesystem::path> made_;  // outermost first
};

}  // namespace kilat
