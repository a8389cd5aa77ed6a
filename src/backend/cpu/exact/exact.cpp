#include "backend/cpu/exact/exact.h"

#include <algorithm>
#include <cmath>

#include "backend/cpu/finish_row.h"

namespace kilat {
namespace {

// high · scale is added by a multiply_add, so that the larger part is rounded only once.
template <std::size_t lanes, std::size_t block>
KILAT_INLINE Row<lanes, block> scaled_row(const ExactBlock& b, std::size_t r) {
  auto row = load<lanes, block>(b.low + r * kWideBlock);
  const auto high = load<lanes, block>(b.high + r * kWideBlock);
  const auto offsets = load<lanes, block>(b.offsets);
  for (std::size_t i = 0; i < row.kVectors; ++i) {
    row.v[i] = multiply_add<lanes>(b.scale, high.v[i],
                                   multiply_add<lanes>(b.scale, row.v[i], -offsets.v[i]));
  }
  return row;
}

template <std::size_t lanes, std::size_t block, class To>
KILAT_INLINE void finish_block(const ExactBlock& b, const To& to) {
  with_finish<lanes>(to, [&](const auto& finish) KILAT_INLINED_LAMBDA {
    for (std::size_t r = 0; r < b.rows; ++r) finish_row(finish, r, scaled_row<lanes, block>(b, r));
  });
}
template <std::size_t lanes, class To>
KILAT_INLINE void finish_rows(const ExactInto<To>& a) {
  if (block_width(a.to.width) == kWideBlock) {
    finish_block<lanes, kWideBlock>(a.product, a.to);
  } else {
    finish_block<lanes, kNarrowBlock>(a.product, a.to);
  }
}

}  // namespace

ByteScale byte_scale(Normalisation normalisation) {
  const float whole = std::clamp(std::round(normalisation.shift), 0.0F, 255.0F);
  return {whole, normalisation.shift - whole, normalisation.scale};
}

void ExactScratch::reserve(std::size_t depth) {
  const std::size_t size =
      tiles_of(depth, kTileDepth) * kPieces * (kWideBlock / kTileColumns) * kTileSize;
  if (pieces.size() < size) pieces = HostBuffer<Bf16>(size);
  if (offsets.size() == 0) {
    offsets = HostBuffer<float>(kWideBlock);
    high = HostBuffer<float>(2 * kTileRows * kWideBlock);
    low = HostBuffer<float>(2 * kTileRows * kWideBlock);
  }
}

KILAT_SIMD(make, finish_rows, ExactInto<StoreTo>)
KILAT_SIMD(make, finish_rows, ExactInto<BiasActivationTo>)
KILAT_SIMD(make, finish_rows, ExactInto<UpdateTo>)

}  // namespace kilat
