// A deep network's forward pass over rows of a set: one launch a layer, so that no block waits for
// another.
#pragma once

#include "kernels/resident/deep.h"

namespace kilat::kernels::resident {

// Of rows [first, first + rows) of run.images. A block takes the shape's batch at a time.
struct FirstLayerRows {
  Run run;
  std::size_t first, rows;
  float* activations;  // [rows, units]
};

// `input` [rows, inputs] are the activations of the layer before. The layer's own are written, or,
// of the output, its logits.
struct FurtherLayerRows {
  Run run;
  FurtherLayer layer;
  const float* input;
  std::size_t rows;
};

// How a block of the first layer holds its units, where the network fits as `trained`.
Shape deep_evaluation_shape(Shape trained, const Figures& device);

// `shares`: of the rows, each by blocks of its own.
void launch_first_layer(cudaStream_t stream, const FirstLayerRows& of, unsigned shares);
void launch_hidden_layer(cudaStream_t stream, const FurtherLayerRows& of);
void launch_output_layer(cudaStream_t stream, const FurtherLayerRows& of);

}  // namespace kilat::kernels::resident
