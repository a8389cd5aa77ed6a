// A batch of pixels on the CPU, and the forms in which the first layer wants it.
#pragma once

#include <cstddef>
#include <cstdint>

#include <kilat/dataset.h>

#include "backend/cpu/exact/exact.h"
#include "backend/cpu/sparse.h"
#include "backend/cpu/team.h"
#include "backend/host.h"
#include "backend/types.h"

namespace kilat {

// Which forms there is room for, beside the numbers themselves.
enum class Forms { lists, tiles };

// The bytes are the data set's own where the batch is a run of it, else gathered ones. The other
// forms are made on first use and stay until the next batch.
class CpuPixels {
 public:
  CpuPixels(std::size_t capacity, std::size_t features, Normalisation normalisation,
            Forms forms = Forms::lists);

  std::size_t rows() const { return rows_; }
  std::size_t features() const { return features_; }
  const std::uint8_t* bytes() const { return bytes_; }  // [rows, features]

  // The batch is now `rows` rows at `bytes`, or those that gathered() was filled with. Called by
  // one thread.
  void set(const std::uint8_t* bytes, std::size_t rows);
  std::uint8_t* gathered() { return gathered_.data(); }

  // (byte − shift) · scale, [rows, features]
  MatrixView<const float> widened(Team& team);

  // Whether so many pixels are 0, and the shift too, that products had better leave them out.
  // Makes by_sample().
  bool is_sparse(Team& team);
  SparseRows by_sample() const { return {sample_entries_.data(), sample_begin_.data()}; }
  // The same numbers by feature.
  SparseRows by_feature(Team& team);

  // byte − scale().whole, by sample [rows, features] and by feature [features, rows].
  TiledBytes sample_tiles(Team& team);
  TiledBytes feature_tiles(Team& team);
  const ByteScale& scale() const { return scale_; }

 private:
  enum class Made { no, yes, dense };

  void list_samples(Share share);
  void list_features(Share share);

  std::size_t features_;
  Normalisation normalisation_;
  ByteScale scale_;
  HostBuffer<std::uint8_t> gathered_;
  HostBuffer<float> widened_;
  HostBuffer<SparseEntry> sample_entries_, feature_entries_;
  HostBuffer<std::uint32_t> sample_begin_, feature_begin_;  // [rows + 1], [features + 1]
  HostBuffer<std::uint32_t> feature_next_;                  // [features], scratch
  HostBuffer<Bf16> sample_tiles_, feature_tiles_;
  float value_of_[256];  // of a byte

  const std::uint8_t* bytes_ = nullptr;
  std::size_t rows_ = 0;
  bool is_widened_ = false, by_feature_is_made_ = false;
  bool sample_tiles_are_made_ = false, feature_tiles_are_made_ = false;
  Made by_sample_is_made_ = Made::no;
};

}  // namespace kilat
