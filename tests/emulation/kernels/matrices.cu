#include <mma.h>

#include "kernels/kernels.h"

namespace emulation_test {
namespace {

using namespace nvcuda;

constexpr unsigned kSide = 16;

template <class Layout>
using FragmentA = wmma::fragment<wmma::matrix_a, 16, 16, 16, __nv_bfloat16, Layout>;
template <class Layout>
using FragmentB = wmma::fragment<wmma::matrix_b, 16, 16, 16, __nv_bfloat16, Layout>;
using Accumulator = wmma::fragment<wmma::accumulator, 16, 16, 16, float>;

template <class LayoutA, class LayoutB>
__device__ void multiply_as(float* d, const __nv_bfloat16* a, const __nv_bfloat16* b, float c,
                            wmma::layout_t layout, unsigned line) {
  FragmentA<LayoutA> of_a;
  FragmentB<LayoutB> of_b;
  Accumulator sum;
  wmma::load_matrix_sync(of_a, a, kSide);
  wmma::load_matrix_sync(of_b, b, kSide);
  wmma::fill_fragment(sum, c);
  wmma::mma_sync(sum, of_a, of_b, sum);
  wmma::store_matrix_sync(d, sum, line, layout);
}

__device__ void multiply_ones(float* d, const __nv_bfloat16* b, Accumulator sum) {
  FragmentA<wmma::row_major> ones;
  FragmentB<wmma::row_major> of_b;
  wmma::fill_fragment(ones, __nv_bfloat16(1.0F));
  wmma::load_matrix_sync(of_b, b, kSide);
  wmma::mma_sync(sum, ones, of_b, sum);
  for (float& x : sum.x) x *= 3;
  wmma::store_matrix_sync(d, sum, kSide, wmma::mem_row_major);
}

}  // namespace

__global__ void multiply(float* d, const __nv_bfloat16* a, const __nv_bfloat16* b, float c,
                         Form form, unsigned line) {
  switch (form) {
    case Form::plain:
      return multiply_as<wmma::row_major, wmma::row_major>(d, a, b, c, wmma::mem_row_major, line);
    case Form::a_transposed:
      return multiply_as<wmma::col_major, wmma::row_major>(d, a, b, c, wmma::mem_row_major, line);
    case Form::b_transposed:
      return multiply_as<wmma::row_major, wmma::col_major>(d, a, b, c, wmma::mem_row_major, line);
    case Form::d_transposed:
      return multiply_as<wmma::row_major, wmma::row_major>(d, a, b, c, wmma::mem_col_major, line);
  }
}

__global__ void multiply_filled(float* d, const __nv_bfloat16* b) {
  Accumulator sum;
  wmma::fill_fragment(sum, 0.0F);
  multiply_ones(d, b, sum);
}

__global__ void multiply_unfilled(float* d, const __nv_bfloat16* b) {
  multiply_ones(d, b, Accumulator());
}

__global__ void multiply_with_some_lanes(float* d, const __nv_bfloat16* b, unsigned lanes) {
  if (threadIdx.x >= lanes) return;
  multiply_filled(d, b);
}

__global__ void store_to_different_places(float* d, unsigned lanes) {
  Accumulator zero;
  wmma::fill_fragment(zero, 0.0F);
  const bool other = threadIdx.x >= lanes;
  wmma::store_matrix_sync(other ? d + kSide * kSide : d, zero, kSide, wmma::mem_row_major);
}

}  // namespace emulation_test
