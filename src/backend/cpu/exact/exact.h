// Products of bytes with floats on bf16 units, as accurate as in fp32 (docs/exact_bytes.md).
#pragma once

#include "backend/cpu/exact/tiles.h"
#include "backend/cpu/exact/units.h"
#include "backend/cpu/finish.h"
#include "backend/host.h"

namespace kilat {

// (byte − shift) · scale as (byte − whole − rest) · scale: bf16 holds byte − whole, as whole is the
// integer next to shift.
struct ByteScale {
  float whole = 0;  // from 0 to 255
  float rest = 0;
  float scale = 1;

  // What (byte − whole) · scale is still too large by.
  double taken() const { return double{rest} * scale; }
};
ByteScale byte_scale(Normalisation normalisation);

// What a member of the team works with.
struct ExactScratch {
  HostBuffer<Bf16> pieces;      // of a block of the right factor
  HostBuffer<float> offsets;    // of its columns
  HostBuffer<float> high, low;  // [2 · kTileRows][kWideBlock]

  // For right factors of up to `depth` rows.
  void reserve(std::size_t depth);
};

// Rows of a product of tiles: each is (high + low) · scale − offset.
struct ExactBlock {
  const float* high = nullptr;     // [rows], kWideBlock apart
  const float* low = nullptr;      // likewise
  const float* offsets = nullptr;  // of the columns, zero beyond the width
  float scale = 1;
  std::size_t rows = 0;
};

template <class To>
using ExactInto = Into<ExactBlock, To>;
void make(const ExactInto<StoreTo>& a);
void make(const ExactInto<BiasActivationTo>& a);
void make(const ExactInto<UpdateTo>& a);

}  // namespace kilat
