// Loads parts of the operands of an exact product (kernels/exact_product.h) from global to shared
// memory.
#pragma once

#include <cstddef>
#include <cstdint>

#include <cuda_bf16.h>

#include "kernels/launch.h"

namespace kilat::kernels::exact {

// A row-major matrix in global memory. A thread loads one pack of N elements at a time.
template <class T, unsigned N>
struct Source {
  static constexpr unsigned kPack = N;

  const T* data;
  std::size_t lines, length;
  bool in_packs;  // every line is a whole number of aligned packs

  __device__ Source(const T* from, std::size_t lines_of_it, std::size_t numbers_of_a_line)
      : data(from),
        lines(lines_of_it),
        length(numbers_of_a_line),
        in_packs(length % N == 0 && is_aligned(from, N * sizeof(T))) {}

  // Elements beyond the edges are zero. `column` is a multiple of kPack.
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

// A Lines x Length part of a source, in shared memory as bf16. Each line has eight numbers of
// padding, to avoid bank conflicts.
template <unsigned Lines, unsigned Length>
struct Stage {
  static constexpr unsigned kLines = Lines, kLength = Length;
  static constexpr unsigned kStride = Length + 8;
  static constexpr unsigned kSize = Lines * kStride;
};

// A thread's packs of the next stage, prefetched while the block multiplies the current one.
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

// Stores bytes minus an integer in [0, 255] as bf16; the 8 significant bits of bf16 suffice.
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

// The first 8 significant bits of x. If x is infinite or NaN, so is the result, and the difference
// of the two is NaN.
inline __device__ float first_bits(float x) {
  return __uint_as_float(__float_as_uint(x) & 0xFFFF0000);
}

// Stores the three pieces of four numbers, `piece_stride` apart. Bits below 2^-133 are lost.
inline __device__ void put_pieces(__nv_bfloat16* to, unsigned piece_stride,
                                  Pack<float, 4> numbers) {
#pragma unroll
  for (unsigned piece = 0; piece < 3; ++piece) {
    float bits[4];
    for (unsigned k = 0; k < 4; ++k) {
      bits[k] = first_bits(numbers.value[k]);
      numbers.value[k] -= bits[k];
    }
    *reinterpret_cast<Pack<__nv_bfloat162, 2>*>(to + piece * piece_stride) = {
        __floats2bfloat162_rn(bits[0], bits[1]), __floats2bfloat162_rn(bits[2], bits[3])};
  }
}

}  // namespace kilat::kernels::exact
