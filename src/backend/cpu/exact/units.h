// The bf16 units of this CPU, behind one function: a block of a product of tiles.
#pragma once

#include "backend/cpu/exact/tiles.h"

namespace kilat {

// One or two rows of A's tiles times one column of B's tiles. The products with B's most
// significant pieces are summed in `high`, those with the other pieces in `low`. The result is the
// sum of the two.
struct BlockProduct {
  const Bf16* a = nullptr;  // tiles [a_tiles][depth]
  std::size_t a_tiles = 1;  // 1 or 2
  const Bf16* b = nullptr;  // tiles [depth][kPieces], as split() makes them
  std::size_t depth = 0;    // tiles, at least 1
  float* high = nullptr;    // [a_tiles · 16][16], rows `stride` apart
  float* low = nullptr;     // likewise
  std::size_t stride = kTileColumns;
};

// A thread calls begin() before its products and end() after them.
struct Bf16Units {
  const char* name;
  void (*begin)();
  void (*multiply)(const BlockProduct& product);
  void (*end)();
};

// Intel's tile registers (AMX-BF16), 16 x 32 x 16 multiplications an instruction.
const Bf16Units* amx();
// Dot products of pairs (AVX512-BF16), 32 multiplications an instruction.
const Bf16Units* avx512_bf16();
// Plain loops on any CPU, for tests.
const Bf16Units* plain_bf16();

// Whether this CPU and its system have them. Asks the system for AMX's registers, once.
bool has_amx();
bool has_avx512_bf16();

// The fastest of the available ones, or null.
const Bf16Units* best_bf16_units();

}  // namespace kilat
