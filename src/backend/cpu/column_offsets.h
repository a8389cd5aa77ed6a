// What a number taken off every byte takes off a product's columns.
#pragma once

#include <cstddef>

namespace kilat {

// Σ_k (x − taken)[i][k] · b[k][j] is Σ_k x[i][k] · b[k][j] − taken · Σ_k b[k][j]: offsets[j]
// becomes the latter for the `width` columns of B, whose `rows` rows are `stride` apart, and zero
// beyond, up to kWideBlock.
void column_offsets(double taken, const float* b, std::size_t stride, std::size_t rows,
                    std::size_t width, float* offsets);

}  // namespace kilat
