// A batch of pixels on the CPU, in the forms that the first layer uses.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <kilat/dataset.h>

#include "backend/cpu/exact/exact.h"
#include "backend/cpu/images.h"
#include "backend/cpu/sparse/sparse.h"
#include "backend/cpu/team.h"
#include "backend/host.h"
#include "backend/types.h"

namespace kilat {

// Which forms to allocate memory for, beside bytes and floats.
enum class Forms { sparse, tiles };

// Rows of a data set. Forms other than its bytes are made on first use and kept until the next
// batch.
class CpuPixels {
 public:
  CpuPixels(std::size_t capacity, std::size_t features, Normalisation normalisation,
            Forms forms = Forms::sparse);

  std::size_t rows() const { return rows_; }
  std::size_t features() const { return features_; }

  // Sets the batch to rows order[0], order[1], … of the set, or first, first + 1, … if order is
  // null; order[rows] to order[rows + left − 1] will follow. `images` and `order` must outlive the
  // batch.
  void gather(const CpuImages& images, const std::uint32_t* order, std::size_t first,
              std::size_t rows, std::size_t left, Team& team);

  // (byte − shift) · scale, [rows, features]
  MatrixView<const float> widened(Team& team);

  // Whether so many of the set's bytes are 0 that it is faster to skip them.
  bool is_sparse() const { return by_feature_.size() != 0 && images_->nonzeros().is_listed(); }
  // What follows stands for scale · byte. To get x, subtract taken() from every pixel.
  double taken() const { return double{normalisation_.shift} * normalisation_.scale; }
  const ByteValues& values() const { return values_; }
  ListedRows listed() const { return {&images_->nonzeros(), order_, first_}; }
  BytesByFeature by_feature(Team& team);

  // The bytes by fours of rows, for each feature: listed, or to be listed.
  struct FeatureFours {
    const ListedFours* kept = nullptr;
    BytesByFeature bytes;
  };
  FeatureFours feature_fours(Team& team);

  // The bytes by fours of features, of the batch's row i.
  Fours fours(std::size_t i) const { return images_->fours().row(row(i)); }
  Normalisation normalisation() const { return normalisation_; }

  // Lists up to `most` cache lines of the next batch that this member will read; returns how many.
  std::size_t next_lines(Share share, const void** lines, std::size_t most) const;

  // byte − scale().whole, by sample [rows, features] and by feature [features, rows].
  TiledBytes sample_tiles(Team& team);
  TiledBytes feature_tiles(Team& team);
  const ByteScale& scale() const { return scale_; }

 private:
  // The index in the set of the batch's row i.
  std::size_t row(std::size_t i) const { return order_ != nullptr ? order_[i] : first_ + i; }
  // A part of a set that a thread goes through alone in each epoch, by fours of its rows.
  struct Kept {
    const std::uint8_t* bytes = nullptr;
    std::size_t rows = 0;
    ListedFours fours;
  };
  // [rows, features]: the set's own bytes if the batch is consecutive rows, else a copy.
  const std::uint8_t* bytes(Team& team);

  std::size_t features_;
  Normalisation normalisation_;
  ByteScale scale_;
  ByteValues values_;
  HostBuffer<std::uint8_t> gathered_;
  HostBuffer<float> widened_;
  HostBuffer<std::uint8_t> by_feature_;
  HostBuffer<Bf16> sample_tiles_, feature_tiles_;

  std::vector<Kept> kept_;

  const CpuImages* images_ = nullptr;
  const std::uint32_t* order_ = nullptr;
  std::size_t first_ = 0;
  std::size_t rows_ = 0, next_ = 0, after_next_ = 0;  // of this batch and those that follow it
  struct {
    bool bytes = false, widened = false, by_feature = false;
    bool sample_tiles = false, feature_tiles = false;
  } made_;
};

}  // namespace kilat
