// The resident engine's forward pass over a whole set: groups of blocks, each of which has the
// network, take a share of the rows. Blocks need not meet: the parts of the logits go to global
// memory, and are added up there.
#pragma once

#include "kernels/resident/resident.h"

namespace kilat::kernels::resident {

// The rows [first, run.size) of run.images. The shape's batch is a piece, its blocks a group.
struct Rows {
  Run run;
  std::size_t first;
  std::size_t share;     // rows of a group: whole pieces
  float* parts;          // [blocks, rows, outputs]
  std::uint8_t* active;  // [units]: marks of those that fire for one of the rows; null: none
};

// How a block of a group holds the network, which fits as `trained`; and how many groups there are.
Shape evaluation_shape(Shape trained, const Figures& device);
unsigned evaluation_groups(const Shape& shape, const Figures& device);

// z = a W2ᵀ + b2 of the rows. z [rows, outputs]
void launch_logits(cudaStream_t stream, const Rows& rows, unsigned groups, float* z);

}  // namespace kilat::kernels::resident
