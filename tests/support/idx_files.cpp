#include "support/idx_files.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <memory>
#include <random>
#include <stdexcept>
#include <utility>

#include <libdeflate.h>

namespace kilat {
namespace {

void write_idx(const std::filesystem::path& file, std::span<const std::size_t> dimensions,
               std::span<const std::uint8_t> contents) {
  const Bytes bytes = idx_bytes(dimensions, contents);
  write_bytes(file, file.extension() == ".gz" ? gzip_bytes(bytes) : bytes);
}

}  // namespace

Bytes idx_bytes(std::span<const std::size_t> dimensions, std::span<const std::uint8_t> contents) {
  Bytes bytes = {0, 0, 8, static_cast<std::uint8_t>(dimensions.size())};
  for (const std::size_t dimension : dimensions) {
    for (const int shift : {24, 16, 8, 0}) {
      bytes.push_back(static_cast<std::uint8_t>(dimension >> shift));
    }
  }
  bytes.insert(bytes.end(), contents.begin(), contents.end());
  return bytes;
}

Bytes gzip_bytes(std::span<const std::uint8_t> contents) {
  const std::unique_ptr<libdeflate_compressor, decltype(&libdeflate_free_compressor)> compressor(
      libdeflate_alloc_compressor(6), libdeflate_free_compressor);
  if (!compressor) throw std::bad_alloc();
  Bytes bytes(libdeflate_gzip_compress_bound(compressor.get(), contents.size()));
  bytes.resize(libdeflate_gzip_compress(compressor.get(), contents.data(), contents.size(),
                                        bytes.data(), bytes.size()));
  return bytes;
}

void write_bytes(const std::filesystem::path& file, std::span<const std::uint8_t> bytes) {
  std::ofstream out(file, std::ios::binary);
  out.write(reinterpret_cast<const char*>(bytes.data()),
            static_cast<std::streamsize>(bytes.size()));
  out.close();
  if (!out) throw std::runtime_error("cannot write " + file.string());
}

Bytes read_bytes(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + file.string());
  return Bytes(std::istreambuf_iterator<char>(in), {});
}

Dataset make_dataset(std::size_t count, std::vector<std::size_t> shape, std::size_t classes,
                     std::uint8_t first_label, std::uint64_t seed) {
  Dataset data;
  data.name = "made";
  data.features = 1;
  for (const std::size_t length : shape) data.features *= length;
  data.shape = std::move(shape);
  std::mt19937_64 random(seed);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t label = i % classes;
    data.labels.push_back(static_cast<std::uint8_t>(first_label + label));
    for (std::size_t j = 0; j < data.features; ++j) {
      // Each class lights its own pixels; the noise takes part of the range.
      const unsigned light = j % classes == label ? 128 : 0;
      data.pixels.push_back(static_cast<std::uint8_t>(light + random() % 128));
    }
  }
  return data;
}

void write_images(const std::filesystem::path& file, const Dataset& data) {
  std::vector<std::size_t> dimensions = data.shape;
  if (dimensions.empty()) dimensions.push_back(data.features);
  dimensions.insert(dimensions.begin(), data.size());
  write_idx(file, dimensions, data.pixels);
}

void write_labels(const std::filesystem::path& file, std::span<const std::uint8_t> labels) {
  const std::size_t count = labels.size();
  write_idx(file, std::span(&count, 1), labels);
}

void write_part(const std::filesystem::path& folder, Part part, const Dataset& data,
                const std::string& prefix, const std::string& suffix) {
  const std::string stem = prefix + (part == Part::train ? "train" : "t10k");
  write_images(folder / (stem + "-images-idx3-ubyte" + suffix), data);
  write_labels(folder / (stem + "-labels-idx1-ubyte" + suffix), data.labels);
}

}  // namespace kilat
