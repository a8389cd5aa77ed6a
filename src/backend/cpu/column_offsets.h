// The offset that a constant subtracted from every element of A causes in each column of A · B.
#pragma once

#include <cstddef>

namespace kilat {

// Σ_k (x[i][k] − taken) · b[k][j] = Σ_k x[i][k] · b[k][j] − taken · Σ_k b[k][j]. Sets offsets[j] to
// taken · Σ_k b[k][j] for the `width` columns of B, at most UnitBlocks::kMost, whose `rows` rows
// are `stride` apart.
void column_offsets(double taken, const float* b, std::size_t stride, std::size_t rows,
                    std::size_t width, float* offsets);

}  // namespace kilat
