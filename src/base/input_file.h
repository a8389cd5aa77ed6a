// A regular file open for reading.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "base/descriptor.h"

namespace kilat {

class InputFile {
 public:
  // Throws Error when `path` cannot be opened or is not a regular file. Never waits for a pipe.
  explicit InputFile(std::filesystem::path path);

  const std::filesystem::path& path() const { return path_; }
  std::size_t size() const { return size_; }  // in bytes, when it was opened

  // Fills `bytes` from `offset` on; returns how many there were, fewer only at the end of the file.
  std::size_t read_at(std::size_t offset, std::span<std::uint8_t> bytes) const;

  // The whole file.
  std::vector<std::uint8_t> read_all() const;

 private:
  std::filesystem::path path_;
  Descriptor descriptor_;
  std::size_t size_ = 0;
};

// `size` zero bytes for contents of `file`. Throws Error (Failure::run) when memory is short.
std::vector<std::uint8_t> allocate_bytes(std::size_t size, const std::filesystem::path& file);

}  // namespace kilat
