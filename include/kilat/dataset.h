// Data sets of labelled images, read from IDX files, and how to split them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <span>
#include <string>
#include <vector>

namespace kilat {

// A labelled set of images of one size, one byte a pixel.
struct Dataset {
  std::string name;                  // where it came from, for messages
  std::vector<std::size_t> shape;    // of one image, such as {28, 28}; {} for plain rows
  std::size_t features = 0;          // pixels of one image: the product of shape
  std::vector<std::uint8_t> pixels;  // [size, features], row-major
  std::vector<std::uint8_t> labels;  // [size], as the file has them

  std::size_t size() const { return labels.size(); }
  bool empty() const { return labels.empty(); }
  std::span<const std::uint8_t> image(std::size_t index) const {
    return std::span(pixels).subspan(index * features, features);
  }
};

// Images of an IDX file without labels.
struct Images {
  std::string name;
  std::vector<std::size_t> shape;
  std::size_t count = 0;
  std::size_t features = 0;
  std::vector<std::uint8_t> pixels;  // [count, features], row-major
};

enum class Part { train, test };

// Reads an IDX file of unsigned bytes, rank 2 to 4 (count first, the rest multiplied out to
// features), raw or gzip-compressed. The header is checked against the file's size before it is
// used. Throws Error for anything else.
Images load_images(const std::filesystem::path& file);

// Reads a rank-1 IDX file of unsigned bytes, raw or gzip-compressed.
std::vector<std::uint8_t> load_labels(const std::filesystem::path& file);

// Reads a pair of files; throws Error, naming both, when their counts differ.
Dataset load_dataset(const std::filesystem::path& images, const std::filesystem::path& labels);

// Reads the training or test part of a folder with files under their usual names:
// train-images-idx3-ubyte or train-images.idx3-ubyte (test: t10k- or test-), with or without .gz,
// behind any common prefix such as emnist-letters-. Throws Error when a file is missing, or when
// the folder holds several data sets.
Dataset load_part(const std::filesystem::path& folder, Part part);

// The folder of data to use: `wanted` if not empty, else $KILAT_DATA, else the MNIST that Kilat
// brings along (beside an installed program, or in the source tree). Throws Error if there is none.
std::filesystem::path find_data(const std::filesystem::path& wanted = {});

// A range [first, last) of samples; `last` is cut to the size of the data set.
struct Range {
  std::size_t first = 0;
  std::size_t last = std::numeric_limits<std::size_t>::max();

  bool operator==(const Range&) const = default;
};

// How to hold out validation data, from the text of --validation:
//   none            nothing is held out
//   0.1             a fraction, stratified: each class gives its share
//   6000            a count, stratified
//   last:2000       the last samples of the file
//   8000:10000      a range of samples
struct Holdout {
  enum class Kind { none, stratified_fraction, stratified_count, last, range };
  Kind kind = Kind::none;
  double fraction = 0;    // stratified_fraction, in (0, 1)
  std::size_t count = 0;  // stratified_count, last
  Range range;            // range

  // Throws Error for a text that says none of the above.
  static Holdout parse(const std::string& text);
  std::string text() const;
  bool operator==(const Holdout&) const = default;
};

struct Split {
  Dataset train;
  Dataset validation;  // empty when nothing is held out
};

// Divides `all`: the held-out samples become validation data; the rest of `train_range` is trained
// on. The stratified choice depends on `seed` alone. Both parts keep the order of the file. Throws
// Error when a part asked for would be empty or reaches past the end.
Split split(Dataset all, const Holdout& holdout, Range train_range, std::uint64_t seed);

// The samples at `indices`, in that order.
Dataset subset(const Dataset& all, std::span<const std::size_t> indices);

// x ↦ (x − shift) · scale for a pixel x in 0…255. Part of the model.
struct Normalisation {
  float shift = 0;
  float scale = 1;

  bool operator==(const Normalisation&) const = default;
};

// none: pixels stay 0…255. unit: 0…1. standard: mean 0 and deviation 1 over all pixels of `data`.
enum class Normalise { none, unit, standard };
Normalisation make_normalisation(Normalise kind, const Dataset& data);

// The distinct labels in rising order: output j of a network stands for classes[j].
std::vector<std::uint8_t> find_classes(const Dataset& data);

// The output index of each label. Throws Error, naming the sample, for a label not in `classes`.
std::vector<std::uint8_t> class_indices(const Dataset& data, std::span<const std::uint8_t> classes);

}  // namespace kilat
