// The resident engine on networks of several hidden layers or none, and on those whose layer or
// batch is too large for resident.h. Parameters lie in global memory, in the second-level cache
// that is. In the first layer, which multiplies bytes, a block has groups of kUnits units; the
// products of further layers are made in square tiles, which blocks take in turn. After each layer
// all blocks meet.
#pragma once

#include "kernels/resident/resident.h"

namespace kilat::kernels::resident {

constexpr unsigned kMostFurther = 8;      // layers after the first, the output's included
constexpr unsigned kMostDeepRows = 1024;  // of a batch
constexpr unsigned kMostGrid = 256;
constexpr std::size_t kMostTerms = 4032;  // units of a layer that another one follows

// A layer after the first. n: rows of the batch.
struct FurtherLayer {
  std::size_t inputs, units;
  std::size_t weight, bias;  // where they begin among the parameters
  float* activations;        // [n, units]; null: of the output
  float* gradients;          // with respect to z [n, units]
};

// A run of steps. A network may have no further layer: then the first one's activations are the
// logits. What blocks tell each other lies in global memory.
struct DeepRun {
  Run run;
  std::size_t further;  // layers after the first
  FurtherLayer layer[kMostFurther];
  float* activations;       // of the first layer, in this step and the next [2, batch, units]
  float* gradients;         // of the first layer, with respect to z [batch, units]
  std::uint64_t* arrivals;  // words, for this meeting and the next [2, blocks]
};

// Meetings of a step: the tags that a launch uses, beginning with run.tag.
KILAT_EVERYWHERE constexpr std::size_t meetings(std::size_t further) {
  return further == 0 ? 2 : 2 * further + 1;
}

// How such a device trains a network whose further layers have so many tiles of weights; buffers is
// 0 where the rows do not fit.
Shape arrange_deep(Shape wanted, std::size_t further_tiles, const Figures& device);
void launch(cudaStream_t stream, const DeepRun& deep);

}  // namespace kilat::kernels::resident
