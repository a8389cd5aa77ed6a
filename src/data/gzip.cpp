#include "data/gzip.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <new>

#include <fmt/format.h>
#include <libdeflate.h>
#include <zlib.h>

#include <kilat/error.h>

#include "base/input_file.h"

namespace kilat {
namespace {

// Deflate's best: a match of 258 bytes in two bits (RFC 1951, section 3.2.5).
constexpr std::size_t kLargestRatio = 258 * 8 / 2;

constexpr int kGzipWindowBits = 16 + MAX_WBITS;  // zlib.h: 16 more for a gzip header

Error corrupt(const std::filesystem::path& file) {
  return Error(fmt::format("{}: corrupt or truncated gzip data; download it again", file.string()));
}

// An upper bound of what `size` compressed bytes can hold.
std::size_t largest_contents(std::size_t size) {
  return size > std::numeric_limits<std::size_t>::max() / kLargestRatio
             ? std::numeric_limits<std::size_t>::max()
             : size * kLargestRatio;
}

// The length of the last member's contents modulo 2^32, as the file claims it.
std::size_t claimed_size(std::span<const std::uint8_t> compressed) {
  std::size_t size = 0;
  for (const std::uint8_t byte : compressed.last(std::min<std::size_t>(compressed.size(), 4))) {
    size = size >> 8 | std::size_t{byte} << 24;
  }
  return size;
}

struct FreeDecompressor {
  void operator()(libdeflate_decompressor* decompressor) const {
    libdeflate_free_decompressor(decompressor);
  }
};

// As gunzip, into a buffer of `capacity` bytes.
std::optional<std::vector<std::uint8_t>> decompress(std::span<const std::uint8_t> compressed,
                                                    std::size_t capacity,
                                                    const std::filesystem::path& file) {
  const std::unique_ptr<libdeflate_decompressor, FreeDecompressor> decompressor(
      libdeflate_alloc_decompressor());
  if (!decompressor) throw std::bad_alloc();

  std::vector<std::uint8_t> contents = allocate_bytes(capacity, file);
  std::size_t filled = 0;
  while (!compressed.empty()) {  // member after member
    std::size_t read = 0;
    std::size_t written = 0;
    const libdeflate_result result = libdeflate_gzip_decompress_ex(
        decompressor.get(), compressed.data(), compressed.size(), contents.data() + filled,
        contents.size() - filled, &read, &written);
    if (result == LIBDEFLATE_INSUFFICIENT_SPACE) return std::nullopt;
    if (result != LIBDEFLATE_SUCCESS) throw corrupt(file);
    compressed = compressed.subspan(read);
    filled += written;
  }
  contents.resize(filled);
  return contents;
}

}  // namespace

bool is_gzip(std::span<const std::uint8_t> bytes) {
  return bytes.size() >= 2 && bytes[0] == 0x1f && bytes[1] == 0x8b;
}

// By zlib: libdeflate is faster but promises nothing about the output of a partial run.
std::vector<std::uint8_t> gunzip_start(std::span<const std::uint8_t> compressed, std::size_t count,
                                       const std::filesystem::path& file) {
  z_stream stream = {};
  if (inflateInit2(&stream, kGzipWindowBits) != Z_OK) throw std::bad_alloc();
  const std::unique_ptr<z_stream, decltype(&inflateEnd)> end(&stream, inflateEnd);

  constexpr std::size_t kMost = std::numeric_limits<uInt>::max();
  std::vector<std::uint8_t> start(count);
  stream.next_in = const_cast<Bytef*>(compressed.data());
  stream.avail_in = static_cast<uInt>(std::min(compressed.size(), kMost));
  stream.next_out = start.data();
  stream.avail_out = static_cast<uInt>(count);
  while (stream.avail_in > 0 && stream.avail_out > 0) {
    const int result = inflate(&stream, Z_SYNC_FLUSH);
    if (result == Z_STREAM_END) {
      inflateReset(&stream);  // the next member
    } else if (result != Z_OK) {
      throw corrupt(file);
    }
  }
  start.resize(count - stream.avail_out);
  return start;
}

std::optional<std::vector<std::uint8_t>> gunzip(std::span<const std::uint8_t> compressed,
                                                std::size_t limit,
                                                const std::filesystem::path& file) {
  const std::size_t bound = std::min(limit, largest_contents(compressed.size()));
  // Most files are one member with a correct size. Anything else costs a second run.
  const std::size_t guess = std::min(bound, claimed_size(compressed));
  if (auto contents = decompress(compressed, guess, file); contents || guess == bound) {
    return contents;
  }
  return decompress(compressed, bound, file);
}

}  // namespace kilat
