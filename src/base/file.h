// Reads and writes whole files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

namespace kilat {

// The contents of a regular file. Throws Error with the file and the system's reason.
std::vector<std::uint8_t> read_file(const std::filesystem::path& file);

// Replaces `file` by `bytes`: written to a temporary file beside it, fsynced, renamed, so that a
// reader sees the old contents or the new and a failure leaves nothing behind. Throws Error:
// Failure::input when the place cannot be written, Failure::run when writing fails midway.
void write_file(const std::filesystem::path& file, std::span<const std::uint8_t> bytes);
void write_file(const std::filesystem::path& file, std::string_view text);

}  // namespace kilat
