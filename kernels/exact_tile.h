// The parts of the operands that a block of an exact product works on, on their way from global to
// shared memory (kernels/exact_product.h).
#pragma once

#include <cstddef>
#include <cstdint>

#include <cuda_bf16.h>

#include "kernels/launch.h"

namespace kilat::kernels::exact {

// A row-major matrix in global memory, of which a thread loads a pack at a time.
template <class T, unsigned N>
struct Source {
  static constexpr unsigned kPack = N;

  const T* data;
  std::size_t lines, length;
  bool in_packs;  // lines are whole packs, and aligned as such

  __device__ Source(const T* from, std::size_t lines_of_it, std::size_t numbers_of_a_line)
      : data(from),
        lines(lines_of_it),
        length(numbers_of_a_line),
        in_packs(length % N == 0 && is_aligned(from, N * sizeof(T))) {}

  // Beyond the edges all is zero. `column` is a multiple of kPack.
  __device__ Pack<T, N> pack(std::size_t line, std::size_t column) const {
    Pack<T, N> values = {};
    if (line >= lines || column >= length) return values;
    const T* from = data + line * length + column;
    if (in_packs) return *reinterpret_cast<const Pack<T, N>*>(from);
    for (unsigned k = 0; k < N && column + k < length; ++k) values.value[k] = from[k];
    return values;
  }
};
using ByteSource = Source<std::uint8_t, 16>;
using NumberSource = Source<float, 4>;

// A Lines x Length part of a source, in shared memory as bf16. Eight numbers more keep the lines
// off each other's banks.
template <unsigned Lines, unsigned Length>
struct Stage {
  static constexpr unsigned kLines = Lines, kLength = Length;
  static constexpr unsigned kStride = Length + 8;
  static constexpr unsigned kSize = Lines * kStride;
};

// A thread's packs of the next stage, loaded while the block still multiplies the one before.
template <class Stage, class Source, unsigned Threads>
class Loader {
 public:
  __device__ void fetch(const Source& from, std::size_t first_line, std::size_t first_column) {
#pragma unroll
    for (unsigned i = 0; i < kPacks; ++i) {
      packs_[i] = from.pack(first_line + line(i), first_column + column(i));
    }
  }

  // Calls f(place in the stage, pack) for each.
  template <class F>
  __device__ void put(const F& f) const {
#pragma unroll
    for (unsigned i = 0; i < kPacks; ++i) f(line(i) * Stage::kStride + column(i), packs_[i]);
  }

 private:
  static constexpr unsigned kPerLine = Stage::kLength / Source::kPack;
  static constexpr unsigned kPacks = Stage::kLines * kPerLine / Threads;
  static_assert(Stage::kLength % Source::kPack == 0 && Stage::kLines * kPerLine % Threads == 0);

  static __device__ unsigned line(unsigned i) { return (threadIdx.x + i * Threads) / kPerLine; }
  static __device__ unsigned column(unsigned i) {
    return (threadIdx.x + i * Threads) % kPerLine * Source::kPack;
  }

  decltype(Source(nullptr, 0, 0).pack(0, 0)) packs_[kPacks];
};

// Bytes less a whole number of at most 255: 8 significant bits, as bf16 has.
inline __device__ void put_bytes(__nv_bfloat16* to, const Pack<std::uint8_t, 16>& bytes,
                                 int whole) {
#pragma unroll
  for (unsigned half = 0; half < 16; half += 8) {
    Pack<__nv_bfloat162, 4> pairs;
    for (unsigned k = 0; k < 4; ++k) {
      pairs.value[k] =
          __floats2bfloat162_rn(static_cast<float>(bytes.value[half + 2 * k] - whole),
                                static_cast<float>(bytes.value[half + 2 * k + 1] - whole));
    }
    *reinterpret_cast<Pack<__nv_bfloat162, 4>*>(to + half) = pairs;
  }
}

// The first 8 significant bits of a number. Of a NaN or infinity it is one or the other, and the
// rest of the number then is NaN.
inline __device__ float first_bits(float x) {
  return __uint_as_float(__float_as_uint(x) & 0xFFFF0000);
}

// The three pieces of four numbers, which lie `apart` from each other. Pieces below 2^-133 are
// lost.
inline __device__ void put_pieces(__nv_bfloat16* to, unsigned apart, Pack<float, 4> numbers) {
#pragma unroll
  for (unsigned piece = 0; piece < 3; ++piece) {
    float bits[4];
    for (unsigned k = 0; k < 4; ++k) {
      bits[k] = first_bits(numbers.value[k]);
      numbers.value[k] -= bits[k];
    }
    *reinterpret_cast<Pack<__nv_bfloat162, 2>*>(to + piece * apart) = {
        __floats2bfloat162_rn(bits[0], bits[1]), __floats2bfloat162_rn(bits[2], bits[3])};
  }
}

}  // namespace kilat::kernels::exact
