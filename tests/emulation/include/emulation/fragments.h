// What a warp does with the 16 x 16 matrices of tensor cores, of which each lane holds a part.
#pragma once

#include "cuda_bf16.h"
#include "emulation/collectives.h"

namespace emulation {

constexpr int kSide = 16;
constexpr int kOfLane = kSide * kSide / 32;

// Which number of the matrix, row-major, a lane's element is. CUDA promises only that fragments of
// one kind agree.
constexpr int place_of(int lane, int element) { return element * 32 + (lane * 5 + element) % 32; }

// A matrix in memory, and a lane's part of it in `elements`. All lanes name the same memory, of
// which CUDA asks an alignment of 32 bytes, and a multiple of 16 bytes from line to line.
struct Transfer {
  void* elements;
  void* memory;
  unsigned line;   // numbers from line to line
  unsigned bytes;  // a number
  bool column_major;
  bool store;
};
void transfer(Transfer own, const char* name, Site where);

// d = a · b + c. Products are exact; their sum with c is cut off behind float's last bit, as tensor
// cores round it.
struct MultiplyAdd {
  float* d;
  const __nv_bfloat16* a;
  const __nv_bfloat16* b;
  const float* c;
};
void multiply_add(MultiplyAdd own, Site where);

}  // namespace emulation
