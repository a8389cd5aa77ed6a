#include "backend/cpu/pixels.h"

#include <algorithm>
#include <limits>
#include <span>
#include <utility>

#include "backend/cpu/nonzeros.h"
#include "backend/cpu/vectorised.h"

namespace kilat {
namespace {

// Of a batch's pixels, at most one in so many may be non-zero for it to count as sparse: a product
// that leaves zeros out takes about 1.6 times as long for each number that it multiplies.
constexpr std::size_t kSparseShare = 2;

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
      gathered_(capacity * features),
      widened_(capacity * features) {
  if (forms == Forms::tiles) {
    sample_tiles_ = HostBuffer<Bf16>(tiled_size(capacity, features));
    feature_tiles_ = HostBuffer<Bf16>(tiled_size(features, capacity));
    return;
  }
  for (std::size_t i = 0; i < 256; ++i) {
    value_of_[i] = (static_cast<float>(i) - normalisation.shift) * normalisation.scale;
  }
  const std::size_t entries = capacity * features / kSparseShare;
  const std::size_t most = std::numeric_limits<std::uint32_t>::max() / kWideBlock;
  if (normalisation.shift != 0 || std::max({entries, capacity, features}) > most) return;
  sample_entries_ = HostBuffer<SparseEntry>(entries);
  feature_entries_ = HostBuffer<SparseEntry>(entries);
  sample_begin_ = HostBuffer<std::uint32_t>(capacity + 1);
  feature_begin_ = HostBuffer<std::uint32_t>(features + 1);
  feature_next_ = HostBuffer<std::uint32_t>(features);
}

void CpuPixels::set(const std::uint8_t* bytes, std::size_t rows) {
  bytes_ = bytes;
  rows_ = rows;
  is_widened_ = by_feature_is_made_ = false;
  sample_tiles_are_made_ = feature_tiles_are_made_ = false;
  by_sample_is_made_ = sample_entries_.size() == 0 ? Made::dense : Made::no;
}

MatrixView<const float> CpuPixels::widened(Team& team) {
  if (!is_widened_) {
    constexpr std::size_t kGrain = 16384;
    team.ranges(rows_ * features_, kGrain, [&](std::size_t begin, std::size_t end) {
      widen_bytes(widened_.data() + begin, bytes_ + begin, end - begin, normalisation_);
    });
    team.once([&] { is_widened_ = true; });
  }
  return {widened_.data(), rows_, features_};
}

bool CpuPixels::is_sparse(Team& team) {
  if (by_sample_is_made_ == Made::no) team.together([&](Share share) { list_samples(share); });
  return by_sample_is_made_ == Made::yes;
}

SparseRows CpuPixels::by_feature(Team& team) {
  if (!by_feature_is_made_) team.together([&](Share share) { list_features(share); });
  return {feature_entries_.data(), feature_begin_.data()};
}

TiledBytes CpuPixels::sample_tiles(Team& team) {
  if (!sample_tiles_are_made_) {
    constexpr std::size_t kGrain = 8;
    team.ranges(rows_, kGrain, [&](std::size_t begin, std::size_t end) {
      tile_samples({bytes_, rows_, features_, scale_.whole, sample_tiles_.data(), begin, end});
    });
    team.once([&] { sample_tiles_are_made_ = true; });
  }
  return {sample_tiles_.data(), rows_, features_};
}

TiledBytes CpuPixels::feature_tiles(Team& team) {
  if (!feature_tiles_are_made_) {
    team.ranges(feature_parts(features_), 1, [&](std::size_t begin, std::size_t end) {
      tile_features({bytes_, rows_, features_, scale_.whole, feature_tiles_.data(), begin, end});
    });
    team.once([&] { feature_tiles_are_made_ = true; });
  }
  return {feature_tiles_.data(), features_, rows_};
}

void CpuPixels::list_samples(Share share) {
  for (std::size_t r = share.begin(rows_); r < share.end(rows_); ++r) {
    sample_begin_[r + 1] =
        static_cast<std::uint32_t>(count_nonzeros(bytes_ + r * features_, features_));
  }
  share.barrier();
  if (share.index == 0) {
    std::size_t total = 0;
    for (std::size_t r = 0; r < rows_; ++r) total += sample_begin_[r + 1];
    const bool is_sparse = total <= rows_ * features_ / kSparseShare;
    by_sample_is_made_ = is_sparse ? Made::yes : Made::dense;
    for (std::size_t r = 0; is_sparse && r < rows_; ++r) sample_begin_[r + 1] += sample_begin_[r];
  }
  share.barrier();
  if (by_sample_is_made_ == Made::yes) {
    for (std::size_t r = share.begin(rows_); r < share.end(rows_); ++r) {
      list_nonzeros(bytes_ + r * features_, features_, value_of_, normalisation_.scale,
                    sample_entries_.data() + sample_begin_[r]);
    }
  }
  share.barrier();
}

// A counting sort. Each member sorts the numbers of its own features, so that no two write to one
// place; it finds them by bisection, as a sample's numbers are in the order of their features.
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
  if (share.index == 0) by_feature_is_made_ = true;
  share.barrier();
}

}  // namespace kilat
