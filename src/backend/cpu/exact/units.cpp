#include "backend/cpu/exact/units.h"

#include "backend/cpu/simd.h"

#if defined(__x86_64__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace kilat {
namespace {

float value(Bf16 x) {
  const std::uint32_t bits = std::uint32_t{x} << 16;
  float f;
  static_assert(sizeof f == sizeof bits);
  __builtin_memcpy(&f, &bits, sizeof f);
  return f;
}

// Like the hardware, sums each tile's products before adding them to the total.
void multiply_plainly(const BlockProduct& p) {
  for (std::size_t i = 0; i < p.a_tiles * kTileRows; ++i) {
    for (std::size_t j = 0; j < kTileColumns; ++j) {
      float sum[kPieces] = {};
      for (std::size_t k = 0; k < p.depth; ++k) {
        const Bf16* a =
            p.a + (i / kTileRows * p.depth + k) * kTileSize + i % kTileRows * kTileDepth;
        for (std::size_t piece = 0; piece < kPieces; ++piece) {
          const Bf16* b = p.b + (k * kPieces + piece) * kTileSize + 2 * j;
          float part = 0;
          for (std::size_t d = 0; d < kTileDepth; ++d) {
            part += value(a[d]) * value(b[d / 2 * 2 * kTileColumns + d % 2]);
          }
          sum[piece] += part;
        }
      }
      p.high[i * p.stride + j] = sum[2];
      p.low[i * p.stride + j] = sum[0] + sum[1];
    }
  }
}

#if defined(__x86_64__)
// Linux lets a process use the tile registers only after it has asked for permission.
bool ask_for_tile_registers() {
  constexpr long kRequestPermission = 0x1023, kTileData = 18;  // arch_prctl(2)
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}

bool find_amx() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0) return false;
  constexpr unsigned kAmxBf16 = 1U << 22, kAmxTile = 1U << 24;
  return (d & kAmxBf16) != 0 && (d & kAmxTile) != 0 && ask_for_tile_registers();
}
#endif

}  // namespace

const Bf16Units* plain_bf16() {
  static constexpr Bf16Units kUnits = {"plain loops", [] {}, multiply_plainly, [] {}};
  return &kUnits;
}

bool has_amx() {
#if defined(__x86_64__)
  static const bool has = __builtin_cpu_supports("avx512bw") && find_amx();
  return has;
#else
  return false;
#endif
}

bool has_avx512_bf16() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512bf16") && __builtin_cpu_supports("avx512bw");
#else
  return false;
#endif
}

const Bf16Units* best_bf16_units() {
  if (simd() != Simd::avx512) return nullptr;  // of a narrower set, as KILAT_CPU may ask for
  return has_amx() ? amx() : has_avx512_bf16() ? avx512_bf16() : nullptr;
}

}  // namespace kilat
