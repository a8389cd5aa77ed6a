// Products of bytes with floats on bf16 units, as accurate as in fp32 (docs/exact_bytes.md).
#pragma once

#include "backend/cpu/exact/tiles.h"
#include "backend/cpu/exact/units.h"
#include "backend/host.h"

namespace kilat {

// (byte − shift) · scale as (byte − whole − rest) · scale, where whole is the integer nearest to
// shift. bf16 represents byte − whole exactly.
struct ByteScale {
  float whole = 0;  // from 0 to 255
  float rest = 0;
  float scale = 1;

  // To be subtracted from (byte − whole) · scale, to get x.
  double taken() const { return double{rest} * scale; }
};
ByteScale byte_scale(Normalisation normalisation);

// The products are made of blocks of two tiles by two.
constexpr std::size_t kExactRows = 2 * kTileRows;
constexpr std::size_t kExactColumns = 2 * kTileColumns;

// One team member's scratch memory.
struct ExactScratch {
  HostBuffer<Bf16> pieces;      // of a block of the right factor
  HostBuffer<float> offsets;    // of its columns
  HostBuffer<float> high, low;  // [kExactRows][kExactColumns]

  // For right factors of up to `depth` rows.
  void reserve(std::size_t depth);
};

// Rows of a product of tiles: c = (high + low) · scale − offsets.
struct ExactBlock {
  const float* high = nullptr;     // [rows][kExactColumns]
  const float* low = nullptr;      // likewise
  const float* offsets = nullptr;  // of the columns
  float scale = 1;
  std::size_t rows = 0;
  float* c = nullptr;  // [rows][kExactColumns]
};
void scale_rows(const ExactBlock& b);

}  // namespace kilat
