// Products of pixels with fp32 numbers on tensor cores, as accurate as on fp32 units. A pixel stays
// a byte in global memory and becomes bf16 in shared memory.
//
// A byte minus an integer is exact in bf16, and an fp32 number is the sum of three bf16 numbers:
// its first 8 significant bits, the next 8 and the last (Henry, Tang and Heinecke 2019). So one
// product becomes three products of bf16 numbers, whose terms are exact in fp32. Tensor cores
// truncate sums where fp32 units round them. Therefore they sum only 16 terms at a time, with the
// first bits in a separate sum, and fp32 units add up these sums (Ootomo and Yokota 2022).
//
// With shift = whole + rest,
//   Σ_k (byte_k − shift) · scale · y_k = scale · (Σ_k (byte_k − whole) y_k − rest · Σ_k y_k),
// whose last sum is one more product, with a matrix of ones. Infinite and NaN terms make a sum
// infinite or NaN.
#pragma once

#include <type_traits>

#include <mma.h>

#include "kernels/exact_tile.h"
#include "kernels/kernels.h"

namespace kilat::kernels::exact {

// The integer nearest to the shift, clamped so that byte − whole stays exact, and the remainder.
struct SplitShift {
  int whole;
  float rest;

  explicit __device__ SplitShift(float shift)
      : whole(static_cast<int>(rintf(fminf(fmaxf(shift, 0), 255)))),
        rest(shift - static_cast<float>(whole)) {}
};

// A thread block computes an M x N tile of the result, Depth terms at a time; each of its warps
// computes 16 x 16 of it. In memory the operands are [M, depth] and [N, depth] if AlongLines, else
// [depth, M] and [depth, N].
template <unsigned M, unsigned N, unsigned Depth, bool AlongLines>
struct Tile {
  static constexpr unsigned kM = M, kN = N, kDepth = Depth;
  static constexpr bool kAlongLines = AlongLines;
  static constexpr unsigned kThreads = M / 16 * (N / 16) * 32;
  static constexpr unsigned kBlocks = 512 / kThreads;  // per multiprocessor: 128 registers a thread

  template <unsigned Side>
  using StageOf = Stage<AlongLines ? Side : Depth, AlongLines ? Depth : Side>;
  using Bytes = StageOf<M>;
  using Numbers = StageOf<N>;
  struct Shared {
    __nv_bfloat16 bytes[Bytes::kSize];
    __nv_bfloat16 numbers[3][Numbers::kSize];  // the pieces
  };

  // The position of this thread's warp in the tile.
  static __device__ unsigned warp_m() { return threadIdx.x / 32 / (N / 16) * 16; }
  static __device__ unsigned warp_n() { return threadIdx.x / 32 % (N / 16) * 16; }
};

// Calls f<Tile>() with the tile that suits this number of units; the units are the N dimension.
template <bool AlongLines, class F>
void with_tile(std::size_t units, const F& f) {
  if (units <= 16) {
    f.template operator()<Tile<128, 16, 64, AlongLines>>();
  } else {
    f.template operator()<Tile<32, 32, 128, AlongLines>>();
  }
}

#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 800  // which have bf16 in tensor cores

using Accumulator = nvcuda::wmma::fragment<nvcuda::wmma::accumulator, 16, 16, 16, float>;
template <class T>
using ByteFragment = nvcuda::wmma::fragment<
    nvcuda::wmma::matrix_a, 16, 16, 16, __nv_bfloat16,
    std::conditional_t<T::kAlongLines, nvcuda::wmma::row_major, nvcuda::wmma::col_major>>;
template <class T>
using NumberFragment = nvcuda::wmma::fragment<
    nvcuda::wmma::matrix_b, 16, 16, 16, __nv_bfloat16,
    std::conditional_t<T::kAlongLines, nvcuda::wmma::col_major, nvcuda::wmma::row_major>>;

// Adds this warp's part of a stage's product to `sum`. load(fragment, k) loads columns [k, k + 16)
// of the left operand.
template <class T, class Load>
__device__ void add_stage(Accumulator& sum, const typename T::Shared& shared, const Load& load) {
  using Numbers = typename T::Numbers;
#pragma unroll 1
  for (unsigned k = 0; k < T::kDepth; k += 16) {
    ByteFragment<T> left;
    load(left, k);
    const unsigned line = T::kAlongLines ? T::warp_n() : k;
    const unsigned column = T::kAlongLines ? k : T::warp_n();
    Accumulator first, others;
    nvcuda::wmma::fill_fragment(first, 0.0F);
    nvcuda::wmma::fill_fragment(others, 0.0F);
#pragma unroll
    for (unsigned piece = 0; piece < 3; ++piece) {
      NumberFragment<T> right;
      nvcuda::wmma::load_matrix_sync(
          right, shared.numbers[piece] + line * Numbers::kStride + column, Numbers::kStride);
      Accumulator& to = piece == 0 ? first : others;
      nvcuda::wmma::mma_sync(to, left, right, to);
    }
    for (int i = 0; i < Accumulator::num_elements; ++i) sum.x[i] += first.x[i] + others.x[i];
  }
}

// A warp's part of a tile: Σ x y and, if it is needed, Σ y in every row.
struct Sums {
  Accumulator products, numbers;
};

// Computes the sums of the result's tile at (m, n), over [begin, end) of the depth. All threads of
// the block must call it. With of_numbers, `numbers` of the result is valid.
template <class T>
__device__ Sums sums(typename T::Shared& shared, const BytePixels& x, std::size_t m,
                     const NumberSource& numbers, std::size_t n, std::size_t begin, std::size_t end,
                     bool of_numbers) {
  using Bytes = typename T::Bytes;
  using Numbers = typename T::Numbers;
  Loader<Bytes, ByteSource, T::kThreads> next_bytes;
  Loader<Numbers, NumberSource, T::kThreads> next_numbers;
  const ByteSource bytes(x.bytes, x.rows, x.features);
  const SplitShift shift(x.shift);
  const auto fetch = [&](std::size_t k) {
    next_bytes.fetch(bytes, T::kAlongLines ? m : k, T::kAlongLines ? k : m);
    next_numbers.fetch(numbers, T::kAlongLines ? n : k, T::kAlongLines ? k : n);
  };
  Sums sum;
  nvcuda::wmma::fill_fragment(sum.products, 0.0F);
  nvcuda::wmma::fill_fragment(sum.numbers, 0.0F);
  if (begin < end) fetch(begin);
  for (std::size_t k = begin; k < end; k += T::kDepth) {
    next_bytes.put(
        [&](unsigned at, const auto& pack) { put_bytes(shared.bytes + at, pack, shift.whole); });
    next_numbers.put([&](unsigned at, const auto& pack) {
      put_pieces(shared.numbers[0] + at, Numbers::kSize, pack);
    });
    __syncthreads();
    if (k + T::kDepth < end) fetch(k + T::kDepth);
    add_stage<T>(sum.products, shared, [&](ByteFragment<T>& left, unsigned in_stage) {
      const unsigned line = T::kAlongLines ? T::warp_m() : in_stage;
      const unsigned column = T::kAlongLines ? in_stage : T::warp_m();
      nvcuda::wmma::load_matrix_sync(left, shared.bytes + line * Bytes::kStride + column,
                                     Bytes::kStride);
    });
    if (of_numbers || shift.rest != 0) {
      add_stage<T>(sum.numbers, shared, [](ByteFragment<T>& left, unsigned) {
        nvcuda::wmma::fill_fragment(left, __float2bfloat16_rn(1.0F));
      });
    }
    __syncthreads();
  }
  for (int i = 0; i < Accumulator::num_elements; ++i) {
    sum.products.x[i] = fmaf(-shift.rest, sum.numbers.x[i], sum.products.x[i]) * x.scale;
  }
  return sum;
}

#endif

}  // namespace kilat::kernels::exact
