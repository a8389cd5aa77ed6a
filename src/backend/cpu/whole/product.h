// Products of rows of bytes with whole numbers.
#pragma once

#include <cstddef>
#include <cstdint>

#include <kilat/dataset.h>

#include "backend/cpu/whole/digits.h"
#include "backend/cpu/whole/fours.h"

namespace kilat {

// Whether this CPU multiplies fours of bytes in one instruction (AVX512-VNNI), in the set that is
// used.
bool has_vnni();

constexpr std::size_t kProductRows = 64;  // the most rows of a product
constexpr std::size_t kRowsAhead = 8;     // that are worth fetching

constexpr std::size_t kMostDigitColumns = kDigits * UnitBlocks::kMost;

// sums[i][c] = Σ byte · digit over the bytes of row i and column c of the digits. Exact, as long as
// a row has at most 65,536 bytes.
struct DigitProduct {
  const Fours* rows = nullptr;
  std::size_t count = 0;                // of rows, at most kProductRows
  std::size_t ahead = 0;                // rows that lie behind them, to be fetched into the cache
  const std::int8_t* digits = nullptr;  // Digits::values
  std::size_t columns = 0;              // Digits::columns
  // [count][columns], and room for 16 numbers more that are read, not written
  std::int32_t* sums = nullptr;
};
void multiply(const DigitProduct& p);
// The same by plain operations, on any CPU.
void multiply_plainly(const DigitProduct& p);

// What the sums of `count` rows mean: z[i][j] of a unit's weights, or a feature's gradient,
// [count][width] (backend/arithmetic.h). Columns beyond `units` are zero. Subnormal numbers are
// kept.
struct WholeRows {
  const std::int32_t* sums = nullptr;
  std::size_t count = 0;
  const Digits* digits = nullptr;
  std::size_t units = 0, width = 0;
  Normalisation normalisation;
  float* to = nullptr;
  bool accumulate = false;  // of a gradient
};
void whole_logits(const WholeRows& rows);
void whole_gradients(const WholeRows& rows);

}  // namespace kilat
