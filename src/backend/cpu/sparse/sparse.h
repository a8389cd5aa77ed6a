// Products of a batch's bytes, of which many are zero, with blocks of floats.
#pragma once

#include <cstddef>
#include <cstdint>

#include "backend/cpu/finish.h"
#include "backend/cpu/sparse/nonzeros.h"

namespace kilat {

// What a byte stands for: scale · byte.
struct ByteValues {
  float of[256] = {};
};

// Rows of a set's list: row r of the batch is row order[r] of the set, or first + r.
struct ListedRows {
  const Nonzeros* set = nullptr;
  const std::uint32_t* order = nullptr;
  std::size_t first = 0;

  std::size_t index(std::size_t r) const { return order != nullptr ? order[r] : first + r; }
};

// z[r] = start + Σ_k value(x[r][k]) · w[k] for rows [begin, end).
struct SparseProduct {
  ListedRows x;
  const ByteValues* values = nullptr;
  const float* w = nullptr;      // [features][width]
  std::size_t width = 0;         // 16, 32, 48 or 64
  bool is_narrow = false;        // whether the layer has no other units than these 16
  const float* start = nullptr;  // [width]
  std::size_t begin = 0, end = 0;
  float* z = nullptr;  // [end − begin][width]
  std::size_t features = 0;
  const std::uint32_t** at = nullptr;  // scratch, [end − begin]
};
void multiply(const SparseProduct& p);

// A batch's bytes by feature, [features][stride], with zeros behind those of the batch.
struct BytesByFeature {
  static constexpr std::size_t kWord = 32;  // samples, which one word of bits marks

  const std::uint8_t* bytes = nullptr;
  std::size_t stride = 0;  // a multiple of kWord
};

// g[k] = start + Σ_r value(x[r][k]) · dz[r] for features [begin, end).
struct SparseGradient {
  BytesByFeature x;
  const ByteValues* values = nullptr;
  const float* dz = nullptr;     // [rows][width]
  std::size_t width = 0;         // 16, 32, 48 or 64
  const float* start = nullptr;  // [width]
  std::size_t begin = 0, end = 0;
  // Lines of memory to be fetched into the cache in the meantime.
  const void* const* lines = nullptr;
  std::size_t line_count = 0;
};
// Stores the rows, or adds them, to [features][width] at to.c; or updates the weights there with
// them.
void gradient_into(const SparseGradient& g, const StoreTo& to);
void gradient_into(const SparseGradient& g, const UpdateTo& to);

// The same gradient for 16 units, sample by sample: c[k] (+)= Σ_r value(x[r][k]) · dz[r]. Needs no
// bytes by feature.
struct SparseScatter {
  ListedRows x;
  const ByteValues* values = nullptr;
  const float* dz = nullptr;  // [rows][16]
  std::size_t rows = 0;
  float* c = nullptr;  // [features][16]
};
void scatter(const SparseScatter& s);

}  // namespace kilat
