// The resident engine on full batches of a small network: each block has all units and owns rows.
// An iteration sweeps over a block's rows twice: forward up to dz, and for the gradient once the
// largest |dz| of each unit is known. Then blocks add up the gradients of all, each a share of the
// parameters, and update these. Sums over rows are whole numbers or in pairs, so that the bits are
// those of Portable with any number of blocks.
#pragma once

#include "kernels/resident/resident.h"

namespace kilat::kernels::resident {

constexpr unsigned kMostGroups = 2;     // of units, of a block
constexpr unsigned kMostOwnRows = 512;  // of a block

constexpr unsigned kMostSets = 3;  // training, validation, test

// A set to evaluate: where the losses and hits of its rows go [size], and their sums.
struct EvaluatedSet {
  const std::uint8_t* images;  // [size, features]
  const std::uint8_t* labels;  // [size]
  std::size_t size;
  float* loss;
  std::uint8_t* hit;
  Metrics* metrics;
};

struct Evaluation {
  EvaluatedSet set[kMostSets];
  std::size_t sets;  // 0: none
  // [units]: 1 for those that fire for a row of the first set, 0 for others; or null
  std::uint8_t* active;
};

// A run of full batches, and an evaluation of the parameters that it ends with. What blocks tell
// each other lies in global memory; b is a block's number.
struct FullRun {
  Run run;
  Evaluation evaluation;
  long long* totals;  // Σ v byte of each weight of the first layer [b, units, features]
  long long* sums;    // Σ v of each unit [b, units]
  float* small;       // gradients of output weights, hidden biases, output biases [b, small_count]
  unsigned* largest;  // |dz| of each unit as bits, of this iteration and the next [2, units]; zeros
};

KILAT_EVERYWHERE constexpr unsigned small_count(const Shape& s) {
  return s.outputs * s.units + s.units + s.outputs;
}

// How blocks of such a device share `rows` rows; buffers is 0 where they do not fit.
Shape arrange_full_batch(Shape wanted, std::size_t rows, const Figures& device);
void launch(cudaStream_t stream, const FullRun& full);

}  // namespace kilat::kernels::resident
