// Products of a sparse matrix with blocks of a dense one: C = S · D.
#pragma once

#include <cstddef>
#include <cstdint>

#include "backend/cpu/finish.h"
#include "backend/types.h"

namespace kilat {

// A non-zero element of S; offset is its column times kNarrowBlock.
struct SparseEntry {
  std::uint32_t offset;
  float value;
};

// Rows of S: row r holds entries[begin[r]] to entries[begin[r + 1] − 1].
struct SparseRows {
  const SparseEntry* entries = nullptr;
  const std::uint32_t* begin = nullptr;
};

// A block of columns of D, copied to contiguous memory.
struct PackedBlock {
  float* values = nullptr;         // [rows][block], padded with zeros
  std::size_t block = kWideBlock;  // width rounded up to a block
  // The initial value of each row's sums: −taken · the column's sum, plus 0 · the column's sum. The
  // second is NaN if the column has a non-finite number, as in a product that does not skip zeros.
  float start[kWideBlock] = {};
};

// D's row r begins at d + r · stride. `taken` is subtracted from all elements of S, zeros included.
struct PackArguments {
  const float* d = nullptr;
  std::size_t stride = 0;
  std::size_t rows = 0;
  std::size_t width = kWideBlock;
  double taken = 0;
  PackedBlock* block = nullptr;
};
void pack_block(const PackArguments& a);

// Rows [first, last) of a block of the product.
struct SparseProduct {
  SparseRows s;
  const PackedBlock* d = nullptr;
  std::size_t first = 0, last = 0;
};

template <class To>
using SparseInto = Into<SparseProduct, To>;
void make(const SparseInto<StoreTo>& a);
void make(const SparseInto<BiasActivationTo>& a);
void make(const SparseInto<UpdateTo>& a);

// C = Sᵀ · D for a narrow block, with S stored by row: each element of S adds to a row of C.
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
