// Decompression of gzip files (RFC 1952), in one piece and within known bounds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <vector>

namespace kilat {

bool is_gzip(std::span<const std::uint8_t> bytes);

// The first `count` bytes of the contents, or all of them where there are fewer. Throws Error,
// naming `file`, for corrupt data.
std::vector<std::uint8_t> gunzip_start(std::span<const std::uint8_t> compressed, std::size_t count,
                                       const std::filesystem::path& file);

// The contents of all members, or nothing when they exceed `limit` bytes. Allocates no more than
// `limit`, and no more than gzip can pack into so many bytes. Throws Error, naming `file`, for
// corrupt data.
std::optional<std::vector<std::uint8_t>> gunzip(std::span<const std::uint8_t> compressed,
                                                std::size_t limit,
                                                const std::filesystem::path& file);

}  // namespace kilat
