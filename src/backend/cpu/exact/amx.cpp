// Blocks of products in AMX's tile registers.
// Intel 64 and IA-32 Architectures Software Developer's Manual, volume 1, chapter 18.
#include "backend/cpu/exact/units.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace kilat {

#if defined(__x86_64__)
namespace {

#define KILAT_AMX [[gnu::target("amx-tile,amx-bf16")]]

struct alignas(64) TileConfiguration {
  std::uint8_t palette = 1;
  std::uint8_t start_row = 0;
  std::uint8_t reserved[14] = {};
  std::uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  std::uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};
static_assert(sizeof(TileConfiguration) == 64);

KILAT_AMX void begin() {
  static constexpr TileConfiguration kEightWholeTiles;
  _tile_loadconfig(&kEightWholeTiles);
}
KILAT_AMX void end() { _tile_release(); }

constexpr std::size_t kRowBytes = 64;

// Registers 0 and 1 hold the high sums, 2 and 3 the low ones, so that consecutive instructions add
// to different registers. 4 and 5 hold A's tiles, 6 and 7 B's.
template <bool two_rows>
KILAT_AMX void multiply_tiles(const BlockProduct& p) {
  _tile_zero(0);
  _tile_zero(2);
  if constexpr (two_rows) {
    _tile_zero(1);
    _tile_zero(3);
  }
  const Bf16* a = p.a;
  const Bf16* b = p.b;
  for (std::size_t k = 0; k < p.depth; ++k, a += kTileSize, b += kPieces * kTileSize) {
    _tile_loadd(4, a, kRowBytes);
    if constexpr (two_rows) _tile_loadd(5, a + p.depth * kTileSize, kRowBytes);
    _tile_loadd(6, b, kRowBytes);
    _tile_dpbf16ps(2, 4, 6);
    if constexpr (two_rows) _tile_dpbf16ps(3, 5, 6);
    _tile_loadd(7, b + 2 * kTileSize, kRowBytes);
    _tile_dpbf16ps(0, 4, 7);
    if constexpr (two_rows) _tile_dpbf16ps(1, 5, 7);
    _tile_loadd(6, b + kTileSize, kRowBytes);
    _tile_dpbf16ps(2, 4, 6);
    if constexpr (two_rows) _tile_dpbf16ps(3, 5, 6);
  }
  const std::size_t stride = p.stride * sizeof(float);
  _tile_stored(0, p.high, stride);
  _tile_stored(2, p.low, stride);
  if constexpr (two_rows) {
    _tile_stored(1, p.high + kTileRows * p.stride, stride);
    _tile_stored(3, p.low + kTileRows * p.stride, stride);
  }
}

void multiply(const BlockProduct& p) {
  p.a_tiles == 2 ? multiply_tiles<true>(p) : multiply_tiles<false>(p);
}

}  // namespace

const Bf16Units* amx() {
  static constexpr Bf16Units kUnits = {"AMX", begin, multiply, end};
  return &kUnits;
}
#else
const Bf16Units* amx() { return nullptr; }
#endif

}  // namespace kilat
