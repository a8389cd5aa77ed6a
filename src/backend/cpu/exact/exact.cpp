#include "backend/cpu/exact/exact.h"

#include <algorithm>
#include <cmath>

#include "backend/cpu/block_rows.h"

namespace kilat {
namespace {

// high · scale is added by a multiply_add, so that the larger part is rounded only once.
template <std::size_t lanes>
KILAT_INLINE void scale_all(const ExactBlock& b) {
  using Columns = Row<lanes, kExactColumns / kGroup>;
  constexpr std::size_t kGroups = kExactColumns / kGroup;
  const Columns offsets = load<lanes, kGroups>(b.offsets);
  for (std::size_t r = 0; r < b.rows; ++r) {
    auto row = load<lanes, kGroups>(b.low + r * kExactColumns);
    const auto high = load<lanes, kGroups>(b.high + r * kExactColumns);
    for (std::size_t i = 0; i < Columns::kVectors; ++i) {
      row.v[i] = multiply_add<lanes>(b.scale, high.v[i],
                                     multiply_add<lanes>(b.scale, row.v[i], -offsets.v[i]));
    }
    store(b.c + r * kExactColumns, row);
  }
}

}  // namespace

KILAT_SIMD(scale_rows, scale_all, ExactBlock)

ByteScale byte_scale(Normalisation normalisation) {
  const float whole = std::clamp(std::round(normalisation.shift), 0.0F, 255.0F);
  return {whole, normalisation.shift - whole, normalisation.scale};
}

void ExactScratch::reserve(std::size_t depth) {
  const std::size_t size =
      tiles_of(depth, kTileDepth) * kPieces * (kExactColumns / kTileColumns) * kTileSize;
  if (pieces.size() < size) pieces = HostBuffer<Bf16>(size);
  if (offsets.size() == 0) {
    offsets = HostBuffer<float>(kExactColumns);
    high = HostBuffer<float>(kExactRows * kExactColumns);
    low = HostBuffer<float>(kExactRows * kExactColumns);
  }
}

}  // namespace kilat
