// Blocks of products in AVX-512's vectors, two bf16 numbers a lane (AVX512-BF16, VDPBF16PS).
#include "backend/cpu/exact/units.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace kilat {

#if defined(__x86_64__)
namespace {

#define KILAT_BF16 [[gnu::target("arch=x86-64-v4,avx512bf16")]]

constexpr std::size_t kRows = 8;  // rows whose high and low sums are kept in registers

// Sums the products of one tile of the depth, and then adds them to `high` and `low` (or sets
// these, for the first tile). Short sums keep rounding errors small.
KILAT_BF16 void add_tile(const Bf16* a, const Bf16* b, float* high, float* low, std::size_t stride,
                         bool is_first) {
  __m512 sum[2][kRows];
#pragma GCC unroll 8
  for (std::size_t i = 0; i < kRows; ++i) sum[0][i] = sum[1][i] = _mm512_setzero_ps();
  for (std::size_t pair = 0; pair < kTileDepth / 2; ++pair) {
    const Bf16* right = b + pair * 2 * kTileColumns;
    const auto least = reinterpret_cast<__m512bh>(_mm512_loadu_si512(right));
    const auto next = reinterpret_cast<__m512bh>(_mm512_loadu_si512(right + kTileSize));
    const auto most = reinterpret_cast<__m512bh>(_mm512_loadu_si512(right + 2 * kTileSize));
#pragma GCC unroll 8
    for (std::size_t i = 0; i < kRows; ++i) {
      int two;
      __builtin_memcpy(&two, a + i * kTileDepth + 2 * pair, sizeof two);
      const auto left = reinterpret_cast<__m512bh>(_mm512_set1_epi32(two));
      sum[0][i] = _mm512_dpbf16_ps(sum[0][i], left, most);
      sum[1][i] = _mm512_dpbf16_ps(sum[1][i], left, least);
      sum[1][i] = _mm512_dpbf16_ps(sum[1][i], left, next);
    }
  }
#pragma GCC unroll 8
  for (std::size_t i = 0; i < kRows; ++i) {
    float* to[] = {high + i * stride, low + i * stride};
    for (std::size_t s = 0; s < 2; ++s) {
      if (!is_first) sum[s][i] = _mm512_add_ps(sum[s][i], _mm512_loadu_ps(to[s]));
      _mm512_storeu_ps(to[s], sum[s][i]);
    }
  }
}

void multiply(const BlockProduct& p) {
  for (std::size_t i = 0; i < p.a_tiles * kTileRows; i += kRows) {
    const Bf16* a = p.a + i / kTileRows * p.depth * kTileSize + i % kTileRows * kTileDepth;
    for (std::size_t k = 0; k < p.depth; ++k) {
      add_tile(a + k * kTileSize, p.b + k * kPieces * kTileSize, p.high + i * p.stride,
               p.low + i * p.stride, p.stride, k == 0);
    }
  }
}

}  // namespace

const Bf16Units* avx512_bf16() {
  static constexpr Bf16Units kUnits = {"AVX512-BF16", [] {}, multiply, [] {}};
  return &kUnits;
}
#else
const Bf16Units* avx512_bf16() { return nullptr; }
#endif

}  // namespace kilat
