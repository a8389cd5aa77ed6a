#include "backend/cpu/pixels.h"

#include <algorithm>
#include <limits>
#include <span>
#include <utility>

#include "backend/vectorised.h"

namespace kilat {
namespace {

constexpr std::size_t kRowGrain = 8;

KILAT_VECTORISED void widen_bytes(float* to, const std::uint8_t* from, std::size_t n,
                                  Normalisation normalisation) {
  for (std::size_t i = 0; i < n; ++i) {
    to[i] = (static_cast<float>(from[i]) - normalisation.shift) * normalisation.scale;
  }
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
  const std::size_t entries = capacity * features;
  const std::size_t most = std::numeric_limits<std::uint32_t>::max() / kWideBlock;
  if (std::max({entries, capacity, features}) > most) return;
  sample_entries_ = HostBuffer<SparseEntry>::for_overwrite(entries);
  feature_entries_ = HostBuffer<SparseEntry>::for_overwrite(entries);
  sample_begin_ = HostBuffer<std::uint32_t>(capacity + 1);
  feature_begin_ = HostBuffer<std::uint32_t>(features + 1);
  feature_next_ = HostBuffer<std::uint32_t>(features);
}

void CpuPixels::gather(const CpuImages& images, const std::uint32_t* order, std::size_t first,
                       std::size_t rows, Team& team) {
  team.once([&] {
    images_ = &images;
    order_ = order;
    first_ = first;
    rows_ = rows;
    made_ = {};
    if (!is_sparse()) return;
    for (std::size_t r = 0; r < rows; ++r) {
      const auto count = static_cast<std::uint32_t>(images.nonzeros().count(row(r)));
      sample_begin_[r + 1] = sample_begin_[r] + count;
    }
  });
  if (!is_sparse()) return;
  team.ranges(rows, kRowGrain, [&](std::size_t begin, std::size_t end) {
    for (std::size_t r = begin; r < end; ++r) {
      if (r + 1 < end) images.nonzeros().prefetch(row(r + 1));
      images.nonzeros().list(row(r), normalisation_.scale,
                             sample_entries_.data() + sample_begin_[r]);
    }
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

SparseRows CpuPixels::by_feature(Team& team) {
  if (!made_.by_feature) team.together([&](Share share) { list_features(share); });
  return {feature_entries_.data(), feature_begin_.data()};
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

// A counting sort. Each member sorts the entries of its own features, so no two members write to
// the same place. It finds them by bisection, since a sample's entries are in order of their
// features.
void CpuPixels::list_features(Share share) {
  const std::size_t first = share.begin(features_), last = share.end(features_);
  const auto entries_of = [&](std::size_t r) {
    const auto before = [](const SparseEntry& e, std::size_t k) {
      return e.offset < k * kNarrowBlock;
    };
    const SparseEntry* begin = sample_entries_.data() + sample_begin_[r];
    const SparseEntry* end = sample_entries_.data() + sample_begin_[r + 1];
    begin = first == 0 ? begin : std::lower_bound(begin, end, first, before);
    return std::span(begin, last == features_ ? end : std::lower_bound(begin, end, last, before));
  };
  std::uint32_t* next = feature_next_.data();  // by feature: first the count, then where to write
  std::fill(next + first, next + last, 0);
  std::size_t position = 0;
  for (std::size_t r = 0; r < rows_; ++r) {
    const std::span<const SparseEntry> entries = entries_of(r);
    position +=
        static_cast<std::size_t>(entries.data() - sample_entries_.data()) - sample_begin_[r];
    for (const SparseEntry& e : entries) ++next[e.offset / kNarrowBlock];
  }
  for (std::size_t k = first; k < last; ++k) {
    feature_begin_[k] = static_cast<std::uint32_t>(position);
    position += std::exchange(next[k], static_cast<std::uint32_t>(position));
  }
  if (last == features_) feature_begin_[features_] = static_cast<std::uint32_t>(position);
  SparseEntry* sorted = feature_entries_.data();
  for (std::size_t r = 0; r < rows_; ++r) {
    for (const SparseEntry& e : entries_of(r)) {
      sorted[next[e.offset / kNarrowBlock]++] = {static_cast<std::uint32_t>(r * kNarrowBlock),
                                                 e.value};
    }
  }
  share.barrier();
  if (share.index == 0) made_.by_feature = true;
  share.barrier();
}

}  // namespace kilat
