// Small data sets as IDX files, written without the code under test.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include <kilat/dataset.h>

namespace kilat {

using Bytes = std::vector<std::uint8_t>;

// An IDX file of unsigned bytes. The dimensions need not agree with the contents.
Bytes idx_bytes(std::span<const std::size_t> dimensions, std::span<const std::uint8_t> contents);

// A gzip member of these contents.
Bytes gzip_bytes(std::span<const std::uint8_t> contents);

void write_bytes(const std::filesystem::path& file, std::span<const std::uint8_t> bytes);
Bytes read_bytes(const std::filesystem::path& file);

// `count` images whose pixels depend on `seed` and on their labels, so that a network can learn
// them; sample i is labelled first_label + i % classes.
Dataset make_dataset(std::size_t count, std::vector<std::size_t> shape, std::size_t classes,
                     std::uint8_t first_label = 0, std::uint64_t seed = 1);

// Write an IDX file: gzip-compressed where the name ends in .gz.
void write_images(const std::filesystem::path& file, const Dataset& data);
void write_labels(const std::filesystem::path& file, std::span<const std::uint8_t> labels);

// Writes both files of a part into `folder`: PREFIXtrain-images-idx3-ubyte and so on, + SUFFIX.
void write_part(const std::filesystem::path& folder, Part part, const Dataset& data,
                const std::string& prefix = "", const std::string& suffix = "");

}  // namespace kilat
