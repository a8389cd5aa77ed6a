// The steps of a row's softmax on the device, shared by softmax and softmax_cross_entropy. A group
// of `Threads` threads works on a row; each thread has the columns lane, lane + Threads, …
#pragma once

#include <cmath>
#include <cstddef>

#include "kernels/launch.h"
#include "kernels/reduce.h"

namespace kilat::kernels {

// z ← z + b. Returns the largest z and the first column that has it, to every thread of the group.
template <unsigned Threads>
__device__ Largest add_bias(float* z, const float* bias, std::size_t columns, unsigned lane) {
  Largest largest = {-INFINITY, 0xFFFFFFFF};
  for (std::size_t j = lane; j < columns; j += Threads) {
    z[j] += bias[j];
    largest = Larger()(largest, {z[j], static_cast<unsigned>(j)});
  }
  return reduce_group<Threads>(largest, Larger());
}

// z ← exp(z − largest). Returns the sum, at least 1 for finite z, to every thread of the group.
template <unsigned Threads>
__device__ float exponentiate(float* z, float largest, std::size_t columns, unsigned lane) {
  float sum = 0;
  for (std::size_t j = lane; j < columns; j += Threads) {
    z[j] = expf(z[j] - largest);
    sum += z[j];
  }
  return reduce_group<Threads>(sum, Sum());
}

// Calls f(row, lane, columns) for each row of this thread's groups. For a group beyond the last
// row, columns is 0: it takes part in the reductions only, so that no barrier diverges.
template <unsigned Threads, class F>
__device__ void for_each_row(std::size_t rows, std::size_t columns, const F& f) {
  constexpr unsigned kRows = kBlock / Threads;
  for (std::size_t first = std::size_t{blockIdx.x} * kRows; first < rows;
       first += std::size_t{gridDim.x} * kRows) {
    const std::size_t i = first + threadIdx.x / Threads;
    f(i < rows ? i : first, threadIdx.x % Threads, i < rows ? columns : 0);
  }
}

// The thread blocks for this number of rows, with a group of `Threads` threads per row.
template <unsigned Threads>
unsigned row_blocks(std::size_t rows, std::size_t columns) {
  return columns == 0 ? 0 : blocks_for(rows, kBlock / Threads);
}

// Calls f<Threads>() with the size of group that suits the rows' width.
template <class F>
void with_group(std::size_t columns, const F& f) {
  if (columns <= 8) {
    f.template operator()<8>();
  } else if (columns <= 16) {
    f.template operator()<16>();
  } else if (columns <= 1024) {
    f.template operator()<kWarp>();
  } else {
    f.template operator()<kBlock>();
  }
}

}  // namespace kilat::kernels
