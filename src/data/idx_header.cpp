#include "data/idx_header.h"

#include <limits>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <kilat/error.h>

namespace kilat {
namespace {

constexpr std::uint8_t kUnsignedByte = 0x08;

// The element types of the format; empty for a byte that is none.
std::string_view type_name(std::uint8_t type) {
  switch (type) {
    case kUnsignedByte:
      return "unsigned bytes";
    case 0x09:
      return "signed bytes";
    case 0x0b:
      return "16-bit integers";
    case 0x0c:
      return "32-bit integers";
    case 0x0d:
      return "32-bit floats";
    case 0x0e:
      return "64-bit floats";
    default:
      return {};
  }
}

// Returns the rank.
std::size_t check_magic(std::span<const std::uint8_t> start, IdxKind kind,
                        const std::string& file) {
  if (start.empty()) throw Error(fmt::format("{}: empty; download it again", file));
  if (start.size() < 4) {
    throw Error(
        fmt::format("{}: truncated: the header needs 4 bytes at least, the file holds {}; "
                    "download it again",
                    file, start.size()));
  }
  const std::uint8_t type = start[2];
  const std::size_t rank = start[3];
  if (start[0] != 0 || start[1] != 0 || type_name(type).empty()) {
    throw Error(
        fmt::format("{}: not an IDX file: it begins with {:02x}, where 00 00 08 is "
                    "expected; download it again, or convert it",
                    file, fmt::join(start.first(4), " ")));
  }
  if (type != kUnsignedByte) {
    throw Error(
        fmt::format("{}: holds {} (IDX type 0x{:02x}); only unsigned bytes (0x08) are "
                    "read: convert it",
                    file, type_name(type), type));
  }
  const bool is_labels = rank == 1;
  const bool is_images = rank >= 2 && rank <= 4;
  if (kind == IdxKind::images && is_labels) {
    throw Error(
        fmt::format("{}: holds labels (rank 1), where images are expected; give the images "
                    "file, such as train-images-idx3-ubyte",
                    file));
  }
  if (kind == IdxKind::labels && is_images) {
    throw Error(
        fmt::format("{}: holds images (rank {}), where labels are expected; give the "
                    "labels file, such as train-labels-idx1-ubyte",
                    file, rank));
  }
  if (!is_labels && !is_images) {
    throw Error(fmt::format("{}: has rank {}; images have rank 2 to 4 and labels 1: convert it",
                            file, rank));
  }
  return rank;
}

std::size_t big_endian_32(std::span<const std::uint8_t> bytes) {
  return std::size_t{bytes[0]} << 24 | std::size_t{bytes[1]} << 16 | std::size_t{bytes[2]} << 8 |
         std::size_t{bytes[3]};
}

}  // namespace

std::string IdxHeader::promise() const {
  return dimensions.size() == 1
             ? fmt::format("{} bytes", contents)
             : fmt::format("{} = {} bytes", fmt::join(dimensions, " x "), contents);
}

IdxHeader parse_idx_header(std::span<const std::uint8_t> start, IdxKind kind,
                           const std::filesystem::path& path) {
  const std::string file = path.string();
  const std::size_t rank = check_magic(start, kind, file);
  IdxHeader header;
  header.length = 4 + 4 * rank;
  if (start.size() < header.length) {
    throw Error(
        fmt::format("{}: truncated: the header needs {} bytes, the file holds {}; download "
                    "it again",
                    file, header.length, start.size()));
  }
  for (std::size_t i = 0; i < rank; ++i) {
    header.dimensions.push_back(big_endian_32(start.subspan(4 + 4 * i, 4)));
  }
  if (header.dimensions[0] == 0) {
    throw Error(fmt::format("{}: holds no samples: its count is 0; give another file", file));
  }
  header.contents = 1;
  for (const std::size_t dimension : header.dimensions) {
    if (dimension == 0) {
      throw Error(fmt::format("{}: its images have no pixels ({}); give another file", file,
                              fmt::join(header.dimensions, " x ")));
    }
    if (header.contents > std::numeric_limits<std::size_t>::max() / 2 / dimension) {
      throw Error(fmt::format("{}: corrupt header: {} bytes exceed any file; download it again",
                              file, fmt::join(header.dimensions, " x ")));
    }
    header.contents *= dimension;
  }
  return header;
}

}  // namespace kilat
