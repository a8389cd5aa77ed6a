// A batch of pixels on the CPU, in the forms that the first layer uses.
#pragma once

#include <cstddef>
#include <cstdint>

#include <kilat/dataset.h>

#include "backend/cpu/exact/exact.h"
#include "backend/cpu/images.h"
#include "backend/cpu/sparse/sparse.h"
#include "backend/cpu/team.h"
#include "backend/host.h"
#include "backend/types.h"

namespace kilat {

// Which forms to allocate memory for, beside bytes and floats.
enum class Forms { lists, tiles };

// Rows of a data set. If the set is sparse, gather() lists the batch's non-zero pixels. The other
// forms are made on first use and kept until the next batch.
class CpuPixels {
 public:
  CpuPixels(std::size_t capacity, std::size_t features, Normalisation normalisation,
            Forms forms = Forms::lists);

  std::size_t rows() const { return rows_; }
  std::size_t features() const { return features_; }

  // Sets the batch to rows order[0], order[1], … of the set, or first, first + 1, … if order is
  // null. `images` and `order` must outlive the batch.
  void gather(const CpuImages& images, const std::uint32_t* order, std::size_t first,
              std::size_t rows, Team& team);

  // (byte − shift) · scale, [rows, features]
  MatrixView<const float> widened(Team& team);

  // Whether so many of the set's bytes are 0 that it is faster to skip them.
  bool is_sparse() const { return sample_begin_.size() != 0 && images_->nonzeros().is_listed(); }
  // by_sample() and by_feature() list scale · byte for the bytes that are not 0. To get x, subtract
  // taken() from every pixel, zeros included.
  double taken() const { return double{normalisation_.shift} * normalisation_.scale; }
  SparseRows by_sample() const { return {sample_entries_.data(), sample_begin_.data()}; }
  SparseRows by_feature(Team& team);

  // byte − scale().whole, by sample [rows, features] and by feature [features, rows].
  TiledBytes sample_tiles(Team& team);
  TiledBytes feature_tiles(Team& team);
  const ByteScale& scale() const { return scale_; }

 private:
  // The index in the set of the batch's row i.
  std::size_t row(std::size_t i) const { return order_ != nullptr ? order_[i] : first_ + i; }
  // [rows, features]: the set's own bytes if the batch is consecutive rows, else a copy.
  const std::uint8_t* bytes(Team& team);
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

  const CpuImages* images_ = nullptr;
  const std::uint32_t* order_ = nullptr;
  std::size_t first_ = 0;
  std::size_t rows_ = 0;
  struct {
    bool bytes = false, widened = false, by_feature = false;
    bool sample_tiles = false, feature_tiles = false;
  } made_;
};

}  // namespace kilat
