// Stands in for CUDA's matrix functions of warps (wmma): bf16 in, float out, 16 x 16 x 16.
#pragma once

#include <cmath>
#include <concepts>

#include "cuda_bf16.h"
#include "emulation/fragments.h"

namespace nvcuda::wmma {

struct matrix_a;
struct matrix_b;
struct accumulator;
struct row_major;
struct col_major;
enum layout_t { mem_row_major, mem_col_major };

// NaN until it is loaded or filled.
template <class T>
struct Elements {
  static constexpr int num_elements = emulation::kOfLane;
  T x[num_elements];

  Elements() {
    for (T& each : x) each = T(NAN);
  }
};

template <class Use, int m, int n, int k, class T, class Layout = void>
class fragment;
template <class Use, class Layout>
class fragment<Use, 16, 16, 16, __nv_bfloat16, Layout> : public Elements<__nv_bfloat16> {};
template <>
class fragment<accumulator, 16, 16, 16, float> : public Elements<float> {};

template <class T>
void fill_fragment(Elements<T>& to, T value) {
  for (T& each : to.x) each = value;
}

template <class Use, class Layout>
void load_matrix_sync(fragment<Use, 16, 16, 16, __nv_bfloat16, Layout>& to,
                      const __nv_bfloat16* memory, unsigned line,
                      emulation::Site where = emulation::Site::current()) {
  emulation::transfer({.elements = to.x,
                       .memory = const_cast<__nv_bfloat16*>(memory),
                       .line = line,
                       .bytes = sizeof *memory,
                       .column_major = std::same_as<Layout, col_major>,
                       .store = false},
                      "load_matrix_sync", where);
}

inline void store_matrix_sync(float* memory, const fragment<accumulator, 16, 16, 16, float>& from,
                              unsigned line, layout_t layout,
                              emulation::Site where = emulation::Site::current()) {
  emulation::transfer({.elements = const_cast<float*>(from.x),
                       .memory = memory,
                       .line = line,
                       .bytes = sizeof *memory,
                       .column_major = layout == mem_col_major,
                       .store = true},
                      "store_matrix_sync", where);
}

template <class LayoutA, class LayoutB>
void mma_sync(fragment<accumulator, 16, 16, 16, float>& d,
              const fragment<matrix_a, 16, 16, 16, __nv_bfloat16, LayoutA>& a,
              const fragment<matrix_b, 16, 16, 16, __nv_bfloat16, LayoutB>& b,
              const fragment<accumulator, 16, 16, 16, float>& c,
              emulation::Site where = emulation::Site::current()) {
  emulation::multiply_add({d.x, a.x, b.x, c.x}, where);
}

}  // namespace nvcuda::wmma
