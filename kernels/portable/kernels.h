// Launchers of the kernels whose every bit docs/arithmetic.md defines: those of Portable, on a GPU.
// As in kernels/kernels.h: i is a sample, j a unit; matrices are dense and row-major; all pointers
// are to device memory; an empty shape launches nothing.
#pragma once

#include "backend/arithmetic.h"
#include "kernels/kernels.h"

namespace kilat::kernels::portable {

// The factor of a first layer's product that is not bytes, as whole numbers: of each unit j its
// scale, its numbers value[k · units + j] and their sum.
struct Whole {
  std::int32_t* value;
  WholeScale* scale;  // `from` is NaN where a number is not finite; the values are then 0
  std::int64_t* sum;
};

// whole ← from[k · line + j · step] for k < depth, j < units
void make_whole(cudaStream_t stream, const Whole& whole, const float* from, std::size_t depth,
                std::size_t units, std::size_t line, std::size_t step);
// z = x Wᵀ of a W made whole. z [rows, units]
void whole_linear(cudaStream_t stream, float* z, const BytePixels& x, const Whole& weight,
                  std::size_t units);
// dW (+)= dzᵀ x of a dz made whole. dW [units, features]
void whole_gradient(cudaStream_t stream, float* gradient, const BytePixels& x, const Whole& dz,
                    std::size_t units, bool accumulate);

// A matrix whose element (i, j) is data[i · row + j · column].
struct Factor {
  const float* data;
  std::size_t row, column;
};
// C [rows, columns] (+)= A [rows, depth] · B [depth, columns]
void gemm(cudaStream_t stream, float* c, const Factor& a, const Factor& b, std::size_t rows,
          std::size_t columns, std::size_t depth, bool accumulate);
// sum[j] (+)= Σ_i dz[i][j]
void column_sum(cudaStream_t stream, float* sum, const float* dz, std::size_t rows,
                std::size_t columns, bool accumulate);
// As kernels::softmax, kernels::softmax_cross_entropy and kernels::sum_metrics. bias may be null:
// then z has it already.
void softmax(cudaStream_t stream, float* z, const float* bias, std::size_t rows,
             std::size_t columns);
void softmax_cross_entropy(cudaStream_t stream, float* z, const float* bias, const std::uint8_t* y,
                           std::size_t n, float* loss, std::uint8_t* hit, std::size_t rows,
                           std::size_t columns);
void sum_metrics(cudaStream_t stream, Metrics* metrics, const float* loss, const std::uint8_t* hit,
                 std::size_t rows);

}  // namespace kilat::kernels::portable
