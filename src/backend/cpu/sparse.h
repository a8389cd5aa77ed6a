// Products of a sparse matrix with blocks of a dense one: C = S · D.
#pragma once

#include <cstddef>
#include <cstdint>

#include "backend/types.h"

namespace kilat {

// D and C are worked on a block of columns at a time: two cache lines of floats, or one where there
// are no more.
constexpr std::size_t kWideBlock = 32;
constexpr std::size_t kNarrowBlock = 16;
constexpr std::size_t block_width(std::size_t columns) {
  return columns > kNarrowBlock ? kWideBlock : kNarrowBlock;
}

// A number of S that is not zero, and its column times kNarrowBlock.
struct SparseEntry {
  std::uint32_t offset;
  float value;
};

// Rows of S: row r holds entries[begin[r]] to entries[begin[r + 1] − 1].
struct SparseRows {
  const SparseEntry* entries = nullptr;
  const std::uint32_t* begin = nullptr;
};

// Columns [first, first + width) of D in one piece.
struct PackedBlock {
  float* values = nullptr;         // [rows][block], zero beyond the width
  std::size_t block = kWideBlock;  // width rounded up to a block
  float poison[kWideBlock] = {};   // 0 · the column's sum: NaN where a number is not finite, which
                                   // zeros left out would hide
};

// D's row r begins at d + r · stride.
struct PackArguments {
  const float* d = nullptr;
  std::size_t stride = 0;
  std::size_t rows = 0;
  std::size_t width = kWideBlock;
  PackedBlock* block = nullptr;
};
void pack_block(const PackArguments& a);

// Rows [first, last) of a block of C.
struct SparseProduct {
  SparseRows s;
  const PackedBlock* d = nullptr;
  std::size_t first = 0, last = 0;
  std::size_t width = kWideBlock;
  float* c = nullptr;  // of row 0
  std::size_t stride = 0;
};

// C (+)= S · D
struct SparseGemm : SparseProduct {
  bool accumulate = false;
};
void sparse_gemm(const SparseGemm& a);

// C = max(0, S · D + bias); NaN stays NaN
struct SparseBiasRelu : SparseProduct {
  const float* bias = nullptr;  // of the block's first column
};
void sparse_bias_relu(const SparseBiasRelu& a);

// Updates C, the weights, by the rule with S · D as their gradient.
struct SparseUpdate : SparseProduct {
  float* velocity = nullptr;  // as c
  SgdRule rule;
  float rate = 0;
  // Becomes the least index from c that would be non-finite, if less than it is.
  std::size_t* fault = nullptr;
};
void sparse_update(const SparseUpdate& a);

// C = Sᵀ · D for all rows of S and a narrow block: rows of C are added to as their numbers come.
struct SparseScatter {
  SparseRows s;
  std::size_t s_rows = 0;
  const PackedBlock* d = nullptr;
  std::size_t c_rows = 0;
  std::size_t width = kNarrowBlock;
  float* sums = nullptr;  // scratch, [c_rows][kNarrowBlock]
  float* c = nullptr;
  std::size_t stride = 0;
  bool accumulate = false;
};
void sparse_scatter(const SparseScatter& a);

}  // namespace kilat
