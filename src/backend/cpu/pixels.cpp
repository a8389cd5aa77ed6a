#include "backend/cpu/pixels.h"

#include <algorithm>

#include "backend/cpu/simd.h"
#include "backend/cpu/sparse/transpose.h"

namespace kilat {
namespace {

constexpr std::size_t kRowGrain = 8;

void widen_bytes(float* to, const std::uint8_t* from, std::size_t n, Normalisation normalisation) {
  vectorised([=]() KILAT_INLINED_LAMBDA {
    for (std::size_t i = 0; i < n; ++i) {
      to[i] = (static_cast<float>(from[i]) - normalisation.shift) * normalisation.scale;
    }
  });
}

}  // namespace

CpuPixels::CpuPixels(std::size_t capacity, std::size_t features, Normalisation normalisation,
                     Forms forms)
    : features_(features),
      normalisation_(normalisation),
      scale_(byte_scale(normalisation)),
      gathered_(HostBuffer<std::uint8_t>::for_overwrite(capacity * features)),
      widened_(HostBuffer<float>::for_overwrite(capacity * features)) {
  if (forms == Forms::tiles) {
    sample_tiles_ = HostBuffer<Bf16>(tiled_size(capacity, features));
    feature_tiles_ = HostBuffer<Bf16>(tiled_size(features, capacity));
    return;
  }
  for (std::size_t byte = 0; byte < 256; ++byte) {
    values_.of[byte] = static_cast<float>(byte) * normalisation.scale;
  }
  by_feature_ = HostBuffer<std::uint8_t>::for_overwrite(
      tiles_of(features, Transposition::kSquare) * Transposition::kSquare *
      tiles_of(capacity, BytesByFeature::kWord) * BytesByFeature::kWord);
}

void CpuPixels::gather(const CpuImages& images, const std::uint32_t* order, std::size_t first,
                       std::size_t rows, std::size_t left, Team& team) {
  team.once([&] {
    images_ = &images;
    order_ = order;
    first_ = first;
    rows_ = rows;
    // Consecutive rows are fetched as they are read.
    next_ = order != nullptr ? std::min(left, rows) : 0;
    after_next_ = order != nullptr ? std::min(left - next_, rows) : 0;
    made_ = {};
  });
}

const std::uint8_t* CpuPixels::bytes(Team& team) {
  if (order_ == nullptr) return images_->row(first_);
  if (!made_.bytes) {
    team.ranges(rows_, kRowGrain, [&](std::size_t begin, std::size_t end) {
      for (std::size_t r = begin; r < end; ++r) {
        std::copy_n(images_->row(row(r)), features_, gathered_.data() + r * features_);
      }
    });
    team.once([&] { made_.bytes = true; });
  }
  return gathered_.data();
}

MatrixView<const float> CpuPixels::widened(Team& team) {
  if (!made_.widened) {
    constexpr std::size_t kGrain = 16384;
    const std::uint8_t* from = bytes(team);
    team.ranges(rows_ * features_, kGrain, [&](std::size_t begin, std::size_t end) {
      widen_bytes(widened_.data() + begin, from + begin, end - begin, normalisation_);
    });
    team.once([&] { made_.widened = true; });
  }
  return {widened_.data(), rows_, features_};
}

BytesByFeature CpuPixels::by_feature(Team& team) {
  const std::size_t stride = tiles_of(rows_, BytesByFeature::kWord) * BytesByFeature::kWord;
  if (!made_.by_feature) {
    team.own([&](Share share) {
      constexpr std::size_t kSquare = Transposition::kSquare;
      const std::size_t squares = tiles_of(features_, kSquare);
      transpose({images_->row(0), features_, order_, first_, rows_, by_feature_.data(), stride,
                 share.begin(squares) * kSquare,
                 std::min(share.end(squares) * kSquare, features_)});
    });
    team.once([&] { made_.by_feature = true; });
  }
  return {by_feature_.data(), stride};
}

CpuPixels::FeatureFours CpuPixels::feature_fours(Team& team) {
  if (!team.is_alone() || order_ != nullptr || !images_->is_fixed())
    return {nullptr, by_feature(team)};
  const auto found = std::ranges::find_if(
      kept_, [&](const Kept& k) { return k.bytes == images_->row(first_) && k.rows == rows_; });
  if (found != kept_.end()) return {&found->fours, {}};
  const BytesByFeature bytes = by_feature(team);
  Kept& kept = kept_.emplace_back(Kept{images_->row(first_), rows_, {}});
  kept.fours.list_all(bytes.bytes, features_, bytes.stride, team);
  return {&kept.fours, {}};
}

// Lines of the rows' numbers in the list, and of the member's share of their bytes.
std::size_t CpuPixels::next_lines(Share share, const void** lines, std::size_t most) const {
  constexpr std::size_t kLine = 64;
  std::size_t n = 0;
  const auto add = [&](const auto* begin, const auto* end) {
    const auto* last = reinterpret_cast<const char*>(end);
    for (const auto* p = reinterpret_cast<const char*>(begin); p < last && n < most; p += kLine) {
      lines[n++] = p;
    }
  };
  for (std::size_t i = 0; i < next_; ++i) {
    const std::size_t r = order_[rows_ + i];
    if (i < after_next_) images_->nonzeros().prefetch_row(order_[rows_ + next_ + i]);
    add(images_->nonzeros().begin(r), images_->nonzeros().end(r));
    add(images_->row(r) + share.begin(features_), images_->row(r) + share.end(features_));
  }
  return n;
}

TiledBytes CpuPixels::sample_tiles(Team& team) {
  if (!made_.sample_tiles) {
    const std::uint8_t* from = bytes(team);
    team.ranges(rows_, kRowGrain, [&](std::size_t begin, std::size_t end) {
      tile_samples({from, rows_, features_, scale_.whole, sample_tiles_.data(), begin, end});
    });
    team.once([&] { made_.sample_tiles = true; });
  }
  return {sample_tiles_.data(), rows_, features_};
}

TiledBytes CpuPixels::feature_tiles(Team& team) {
  if (!made_.feature_tiles) {
    const std::uint8_t* from = bytes(team);
    team.ranges(feature_parts(features_), 1, [&](std::size_t begin, std::size_t end) {
      tile_features({from, rows_, features_, scale_.whole, feature_tiles_.data(), begin, end});
    });
    team.once([&] { made_.feature_tiles = true; });
  }
  return {feature_tiles_.data(), features_, rows_};
}

}  // namespace kilat
