// What a step does in the layers after the first; all threads that multiply call each function.
#pragma once

#include "kernels/resident/deep.h"
#include "kernels/resident/softmax.h"
#include "kernels/resident/tile.h"
#include "kernels/resident/update.h"

namespace kilat::kernels::resident {

template <bool lies_along_terms, class Number>
__device__ Factor<lies_along_terms, Number> factor(unsigned rows, const Number& number) {
  return {rows, number};
}

// Calls f(row, column) with the first of each tile of worker number `worker` of `workers`.
template <class F>
__device__ void each_tile(unsigned rows, unsigned columns, unsigned side, unsigned worker,
                          unsigned workers, const F& f) {
  const unsigned across = (columns + side - 1) / side, down = (rows + side - 1) / side;
  for (unsigned tile = worker; tile < across * down; tile += workers) {
    f(tile / across * side, tile % across * side);
  }
}

// z = a Wᵀ of a layer, before its bias; f(i, j, z). `input` [rows, inputs] is a.
template <unsigned each, class F>
__device__ void multiply_weights(const Run& run, const FurtherLayer& layer, const float* input,
                                 unsigned rows, const F& f) {
  const auto inputs = static_cast<unsigned>(layer.inputs),
             units = static_cast<unsigned>(layer.units);
  const float* weights = run.parameters + layer.weight;
  each_tile(rows, units, each * kTileThreads, blockIdx.x, gridDim.x,
            [&](unsigned row, unsigned column) {
              const auto a = [&](unsigned i, unsigned k) { return input[i * inputs + k]; };
              const auto w = [&](unsigned j, unsigned k) { return weights[j * inputs + k]; };
              multiply_tile<each>(Block(run), row, column, inputs, factor<true>(rows, a),
                                  factor<true>(units, w), f);
            });
}

// a = f(z + b) of a hidden layer
__device__ inline void forward_units(const Run& run, const FurtherLayer& layer, const float* input,
                                     unsigned rows) {
  const float* bias = run.parameters + layer.bias;
  const auto units = static_cast<unsigned>(layer.units);
  multiply_weights<2>(run, layer, input, rows, [&](unsigned i, unsigned j, float z) {
    if (i >= rows || j >= units) return;
    layer.activations[i * units + j] = with_activation(
        run.activation.kind,
        [&]<ActivationKind kind>() { return activate<kind>(z + bias[j], run.activation.slope); });
  });
}

__device__ __attribute__((noinline)) inline void forward_layer(const Run& run,
                                                               const FurtherLayer& layer,
                                                               const float* input, unsigned rows) {
  forward_units(run, layer, input, rows);
}

// dz of output j of row i, from its logit; outputs and rows that are not there have none. The lanes
// of a row call it together. A loss that is not finite is a fault.
__device__ inline void write_gradient(const Run& run, float* gradients, const Batch& batch,
                                      unsigned i, unsigned j, float z) {
  const unsigned outputs = run.shape.outputs;
  const unsigned at = batch.first + (i < batch.rows ? i : 0);
  const unsigned label = run.labels[run.order == nullptr ? at : run.order[at]];
  const float share = 1 / static_cast<float>(batch.rows);
  const float gradient = loss_gradient(z, j, outputs, label, share);
  if (i >= batch.rows || j >= outputs) return;
  gradients[i * outputs + j] = gradient;
  if (gradient != gradient) atomicMin(&run.progress->first_fault, fault_at(batch.number));
}

// dz of the output.
__device__ __attribute__((noinline)) inline void output_gradients(const Run& run,
                                                                  const FurtherLayer& layer,
                                                                  const float* input, Batch batch) {
  static_assert(kRowLanes == kTileThreads);
  const float* bias = run.parameters + layer.bias;
  multiply_weights<1>(run, layer, input, batch.rows, [&](unsigned i, unsigned j, float z) {
    write_gradient(run, layer.gradients, batch, i, j, z + (j < run.shape.outputs ? bias[j] : 0));
  });
}

// The same from the logits [rows, outputs] of a network without hidden layers.
__device__ __attribute__((noinline)) inline void gradients_of_logits(const Run& run, const float* z,
                                                                     float* gradients,
                                                                     Batch batch) {
  const unsigned outputs = run.shape.outputs;
  each_tile(batch.rows, outputs, kTileThreads, blockIdx.x, gridDim.x, [&](unsigned row, unsigned) {
    const unsigned i = row + threadIdx.x / kRowLanes, j = threadIdx.x % kRowLanes;
    const bool is_there = i < batch.rows && j < outputs;
    write_gradient(run, gradients, batch, i, j, is_there ? z[i * outputs + j] : 0);
  });
}

// dz of the layer before: (dz W) f'(a). `input` is a, `gradients` gets dz [rows, inputs].
__device__ __attribute__((noinline)) inline void input_gradients(const Run& run,
                                                                 const FurtherLayer& layer,
                                                                 const float* input,
                                                                 float* gradients, unsigned rows) {
  const float* weights = run.parameters + layer.weight;
  const auto inputs = static_cast<unsigned>(layer.inputs),
             units = static_cast<unsigned>(layer.units);
  each_tile(rows, inputs, kWideTile, blockIdx.x, gridDim.x, [&](unsigned row, unsigned column) {
    const auto dz = [&](unsigned i, unsigned k) { return layer.gradients[i * units + k]; };
    const auto w = [&](unsigned n, unsigned k) { return weights[k * inputs + n]; };
    multiply_tile<2>(Block(run), row, column, units, factor<true>(rows, dz),
                     factor<false>(inputs, w), [&](unsigned i, unsigned n, float da) {
                       if (i >= rows || n >= inputs) return;
                       const unsigned at = i * inputs + n;
                       gradients[at] =
                           with_activation(run.activation.kind, [&]<ActivationKind kind>() {
                             return activation_gradient<kind>(da, input[at], run.activation.slope);
                           });
                     });
  });
}

// A worker's share of dW = dzᵀ a and db = Σ dz, and their updates: the biases' gradient is a column
// of dW whose inputs are 1.
template <Rule rule>
__device__ __attribute__((noinline)) void update_layer(const Run& run, const FurtherLayer& layer,
                                                       const float* input, Batch batch,
                                                       StepCoefficients now, unsigned worker,
                                                       unsigned workers) {
  const auto inputs = static_cast<unsigned>(layer.inputs),
             units = static_cast<unsigned>(layer.units);
  each_tile(units, inputs + 1, kWideTile, worker, workers, [&](unsigned row, unsigned column) {
    const auto dz = [&](unsigned j, unsigned k) { return layer.gradients[k * units + j]; };
    const auto a = [&](unsigned n, unsigned k) {
      return n < inputs ? input[k * inputs + n] : 1.0F;
    };
    multiply_tile<2>(Block(run), row, column, batch.rows, factor<false>(units, dz),
                     factor<false>(inputs + 1, a), [&](unsigned j, unsigned n, float gradient) {
                       if (j >= units || n > inputs) return;
                       update_parameter<rule>(
                           run, batch.number, now, gradient,
                           n < inputs ? layer.weight + j * inputs + n : layer.bias + j);
                     });
  });
}

}  // namespace kilat::kernels::resident
