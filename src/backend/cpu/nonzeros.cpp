#include "backend/cpu/nonzeros.h"

#include <algorithm>
#include <bit>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "backend/cpu/simd.h"

namespace kilat {
namespace {

// The top bit of each byte that is not zero.
std::uint64_t nonzero_bytes(const std::uint8_t* bytes) {
  constexpr std::uint64_t kLow7 = 0x7f7f7f7f7f7f7f7f;
  std::uint64_t word;
  std::memcpy(&word, bytes, 8);
  return (((word & kLow7) + kLow7) | word) & ~kLow7;
}

std::size_t count_by_word(const std::uint8_t* bytes, std::size_t n) {
  std::size_t count = 0, i = 0;
  for (; i + 8 <= n; i += 8)
    count += static_cast<std::size_t>(std::popcount(nonzero_bytes(bytes + i)));
  for (; i < n; ++i) count += bytes[i] != 0;
  return count;
}

std::size_t list_by_word(const std::uint8_t* bytes, std::size_t n, const float* value_of,
                         SparseEntry* entries) {
  SparseEntry* next = entries;
  const auto add = [&](std::size_t i) {
    *next++ = {static_cast<std::uint32_t>(i * kNarrowBlock), value_of[bytes[i]]};
  };
  std::size_t i = 0;
  if constexpr (std::endian::native == std::endian::little) {
    for (; i + 8 <= n; i += 8) {
      for (std::uint64_t left = nonzero_bytes(bytes + i); left != 0; left &= left - 1) {
        add(i + static_cast<std::size_t>(std::countr_zero(left)) / 8);
      }
    }
  }
  for (; i < n; ++i) {
    if (bytes[i] != 0) add(i);
  }
  return static_cast<std::size_t>(next - entries);
}

#if defined(__x86_64__)
// GCC 12 takes what its own intrinsics leave undefined for a mistake of theirs (GCC bug 105593).
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
[[gnu::target("arch=x86-64-v4")]] __m512i load_64(const std::uint8_t* bytes, std::size_t n) {
  const __mmask64 there = n >= 64 ? ~__mmask64{0} : (__mmask64{1} << n) - 1;
  return _mm512_maskz_loadu_epi8(there, bytes);
}

[[gnu::target("arch=x86-64-v4,popcnt")]] std::size_t count_by_64(const std::uint8_t* bytes,
                                                                 std::size_t n) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < n; i += 64) {
    const __m512i values = load_64(bytes + i, n - i);
    count += static_cast<std::size_t>(
        std::popcount(static_cast<std::uint64_t>(_mm512_test_epi8_mask(values, values))));
  }
  return count;
}

// Without a branch for each.
[[gnu::target("arch=x86-64-v4,avx512vbmi2")]] std::size_t list_by_64(const std::uint8_t* bytes,
                                                                     std::size_t n, float scale,
                                                                     SparseEntry* entries) {
  alignas(64) static constexpr std::uint8_t kCount[64] = {
      0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
      22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43,
      44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63};
  const __m512i count = _mm512_load_si512(kCount);
  const __m512i low = _mm512_setr_epi32(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  const __m512i high =
      _mm512_setr_epi32(8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
  SparseEntry* next = entries;
  for (std::size_t i = 0; i < n; i += 64) {
    const __m512i values = load_64(bytes + i, n - i);
    const __mmask64 nonzero = _mm512_test_epi8_mask(values, values);
    const int total = std::popcount(static_cast<std::uint64_t>(nonzero));
    alignas(64) std::uint8_t index_of[64], value_at[64];
    _mm512_store_si512(index_of, _mm512_maskz_compress_epi8(nonzero, count));
    _mm512_store_si512(value_at, _mm512_maskz_compress_epi8(nonzero, values));
    for (int e = 0; e < total; e += 16) {
      const __m512i index =
          _mm512_cvtepu8_epi32(_mm_load_si128(reinterpret_cast<const __m128i*>(index_of + e)));
      const __m512i offset =
          _mm512_slli_epi32(_mm512_add_epi32(index, _mm512_set1_epi32(static_cast<int>(i))), 4);
      const __m512i value =
          _mm512_castps_si512(_mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(
                                  _mm_load_si128(reinterpret_cast<const __m128i*>(value_at + e)))) *
                              _mm512_set1_ps(scale));
      const std::uint64_t words = (std::uint64_t{1} << std::min(2 * (total - e), 32)) - 1;
      _mm512_mask_storeu_epi32(next + e, static_cast<__mmask16>(words),
                               _mm512_permutex2var_epi32(offset, low, value));
      _mm512_mask_storeu_epi32(next + e + 8, static_cast<__mmask16>(words >> 16),
                               _mm512_permutex2var_epi32(offset, high, value));
    }
    next += total;
  }
  return static_cast<std::size_t>(next - entries);
}

#pragma GCC diagnostic pop

bool has_vbmi2() { return simd() == Simd::avx512 && __builtin_cpu_supports("avx512vbmi2"); }
#endif

}  // namespace

std::size_t count_nonzeros(const std::uint8_t* bytes, std::size_t n) {
#if defined(__x86_64__)
  if (has_vbmi2()) return count_by_64(bytes, n);
#endif
  return count_by_word(bytes, n);
}

std::size_t list_nonzeros(const std::uint8_t* bytes, std::size_t n, const float* value_of,
                          [[maybe_unused]] float scale, SparseEntry* entries) {
#if defined(__x86_64__)
  if (has_vbmi2()) return list_by_64(bytes, n, scale, entries);
#endif
  return list_by_word(bytes, n, value_of, entries);
}

}  // namespace kilat
