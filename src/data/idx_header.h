// The header of an IDX file.
//
//   bytes 0, 1   zero
//   byte 2       element type: 0x08 for unsigned bytes, the only one read here
//   byte 3       rank: 1 for labels, 2 to 4 for images
//   then         a big-endian 32-bit length for each dimension, the count of samples first
//
// The elements follow, the last dimension fastest. Source: http://yann.lecun.com/exdb/mnist/
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace kilat {

enum class IdxKind { images, labels };

struct IdxHeader {
  std::vector<std::size_t> dimensions;  // count first; none is zero
  std::size_t length = 0;               // bytes of the header itself
  std::size_t contents = 0;             // bytes that must follow: the product of dimensions

  // "60000 x 28 x 28 = 47040000 bytes"
  std::string promise() const;
};

constexpr std::size_t kLongestIdxHeader = 4 + 4 * 4;

// Reads the header from `start`, the first kLongestIdxHeader bytes of the file or all of a shorter
// one. Throws Error for a header of anything but `kind`.
IdxHeader parse_idx_header(std::span<const std::uint8_t> start, IdxKind kind,
                           const std::filesystem::path& file);

}  // namespace kilat
