#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include <kilat/dataset.h>
#include <kilat/error.h>

#include "base/input_file.h"
#include "data/gzip.h"
#include "data/idx_header.h"

namespace kilat {
namespace {

struct Idx {
  std::vector<std::size_t> dimensions;
  std::vector<std::uint8_t> contents;
};

// `held`: the bytes that the file has, header included.
void check_size(const IdxHeader& header, std::size_t held, const std::filesystem::path& file) {
  if (held < header.length + header.contents) {
    throw Error(
        fmt::format("{}: truncated: the header promises {}, the file holds {}; download it "
                    "again",
                    file.string(), header.promise(), held - header.length));
  }
}

Error trailing_bytes(const IdxHeader& header, const std::filesystem::path& file) {
  return Error(
      fmt::format("{}: more bytes follow than the {} that the header promises; download "
                  "it again",
                  file.string(), header.promise()));
}

Idx read_gzip(const InputFile& file, IdxKind kind) {
  const std::vector<std::uint8_t> compressed = file.read_all();
  const IdxHeader header =
      parse_idx_header(gunzip_start(compressed, kLongestIdxHeader, file.path()), kind, file.path());
  auto bytes = gunzip(compressed, header.length + header.contents, file.path());
  if (!bytes) throw trailing_bytes(header, file.path());
  check_size(header, bytes->size(), file.path());
  bytes->erase(bytes->begin(), bytes->begin() + static_cast<std::ptrdiff_t>(header.length));
  return {header.dimensions, std::move(*bytes)};
}

Idx read_idx(const std::filesystem::path& path, IdxKind kind) {
  const InputFile file(path);
  std::array<std::uint8_t, kLongestIdxHeader> start = {};
  const std::span<const std::uint8_t> held = std::span(start).first(file.read_at(0, start));
  if (is_gzip(held)) return read_gzip(file, kind);

  const IdxHeader header = parse_idx_header(held, kind, path);
  check_size(header, std::max(file.size(), header.length), path);
  if (file.size() > header.length + header.contents) throw trailing_bytes(header, path);
  std::vector<std::uint8_t> contents = allocate_bytes(header.contents, path);
  check_size(header, header.length + file.read_at(header.length, contents), path);
  return {header.dimensions, std::move(contents)};
}

}  // namespace

Images load_images(const std::filesystem::path& file) {
  Idx idx = read_idx(file, IdxKind::images);
  Images images;
  images.name = file.string();
  images.count = idx.dimensions[0];
  images.features = idx.contents.size() / images.count;
  // Rank 2 is a table of plain rows: they have no shape.
  if (idx.dimensions.size() > 2) {
    images.shape.assign(idx.dimensions.begin() + 1, idx.dimensions.end());
  }
  images.pixels = std::move(idx.contents);
  return images;
}

std::vector<std::uint8_t> load_labels(const std::filesystem::path& file) {
  return read_idx(file, IdxKind::labels).contents;
}

Dataset load_dataset(const std::filesystem::path& images_file,
                     const std::filesystem::path& labels_file) {
  Images images = load_images(images_file);
  std::vector<std::uint8_t> labels = load_labels(labels_file);
  if (images.count != labels.size()) {
    throw Error(
        fmt::format("{} holds {} images, but {} holds {} labels; give files that belong "
                    "together",
                    images_file.string(), images.count, labels_file.string(), labels.size()));
  }
  return {std::move(images.name), std::move(images.shape), images.features,
          std::move(images.pixels), std::move(labels)};
}

}  // namespace kilat
