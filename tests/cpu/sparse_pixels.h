// Batches that are mostly zero, and the three ways in which a Cpu goes through an op.
#pragma once

#include "ops/input_test.h"

namespace kilat {

constexpr Normalisation kHalf = {0, 0.5F};

// Bytes of which about `percent` are not zero; some rows are empty, and some have 1 to 7 numbers.
inline std::vector<std::uint8_t> sparse_bytes(std::size_t rows, std::size_t features, unsigned seed,
                                              unsigned percent = 20) {
  std::mt19937 random(seed);
  std::vector<std::uint8_t> bytes(rows * features);
  for (std::size_t r = 0; r < rows; ++r) {
    const std::size_t few = (r + seed) % 16;
    for (std::size_t i = 0; i < features; ++i) {
      const bool there =
          few < 8 ? i >= features - std::min(few, features / 3) : random() % 100 < percent;
      if (there) bytes[r * features + i] = static_cast<std::uint8_t>(1 + random() % 255);
    }
  }
  return bytes;
}

// Whole numbers of at most 4: products with bytes add up without rounding.
inline Values whole_values(std::size_t n, unsigned seed) {
  std::mt19937 random(seed);
  Values values(n);
  for (double& v : values) v = static_cast<double>(random() % 9) - 4;
  return values;
}

enum class Way { outside, together, alone };
inline const std::vector<Way> kWays = {Way::outside, Way::together, Way::alone};

inline const char* text_of(Way way) {
  return way == Way::outside ? "outside of a run" : way == Way::together ? "together" : "alone";
}

// f on a batch of `rows`: by the caller alone outside of a run, by all members, or by one of them
// in a slice.
template <class F>
void go(Cpu& cpu, Way way, std::size_t rows, const F& f) {
  if (way == Way::outside) {
    f();
  } else if (way == Way::together) {
    cpu.replay(rows, 1, f);
  } else {
    cpu.slices({2, rows}, rows, [&](Slice) { f(); });
  }
}

// The transpose of a [rows, columns] matrix.
inline Values transposed(const Values& m, std::size_t rows, std::size_t columns) {
  Values t(m.size());
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < columns; ++j) t[j * rows + i] = m[i * columns + j];
  }
  return t;
}

}  // namespace kilat
