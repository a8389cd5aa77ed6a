// Launchers of the CUDA kernels, one per file. i is a sample, j a unit; matrices are dense and
// row-major. All pointers are to device memory; work is queued on `stream`. An empty shape launches
// nothing. No kernel uses floating-point atomics: the same input gives the same bits.
#pragma once

#include <cstddef>
#include <cstdint>

#include <cuda_runtime.h>

#include "backend/activation.h"
#include "backend/augmentation.h"
#include "backend/optimizer.h"
#include "backend/types.h"

namespace kilat::kernels {

// to[i] = from[i] augmented for that epoch (backend/augmentation.h), i < count.
// to, from [count, height · width]
void augment(cudaStream_t stream, std::uint8_t* to, const std::uint8_t* from, std::size_t count,
             const AugmentedEpoch& epoch);

// x[i] = pixels[s], y[i] = labels[s] with s = order[cursor.position + first + i].
// x [rows, features], y [rows], order [samples]
void gather(cudaStream_t stream, std::uint8_t* x, std::uint8_t* y, const std::uint8_t* pixels,
            const std::uint8_t* labels, const std::uint32_t* order, const Cursor* cursor,
            std::size_t first, std::size_t rows, std::size_t features);

// x[k] = (bytes[k] − shift) · scale, k < n
void widen(cudaStream_t stream, float* x, const std::uint8_t* bytes, std::size_t n, float shift,
           float scale);

// A batch x = (byte − shift) · scale, given by its bytes [rows, features].
struct BytePixels {
  const std::uint8_t* bytes;
  std::size_t rows, features;
  float shift, scale;
};

// Products with x on tensor cores, as accurate as on fp32 units (kernels/exact_product.h). Below
// compute capability 8.0 they do nothing.
//
// z[i][j] = Σ_k x[i][k] W[j][k] if bias is null, else f(Σ_k x[i][k] W[j][k] + b[j]); NaN stays NaN.
// z [rows, units], W [units, features]
void exact_linear(cudaStream_t stream, float* z, const BytePixels& x, const float* weight,
                  const float* bias, std::size_t units, const Activation& f);
// dW[j][k] (+)= Σ_i dz[i][j] x[i][k] and, unless db is null, db[j] (+)= Σ_i dz[i][j], in an order
// that depends only on the shape. dz [rows, units], dW [units, features], db [units];
// scratch [exact_gradient_scratch()]
std::size_t exact_gradient_scratch();
void exact_gradient(cudaStream_t stream, float* gradient, float* bias_gradient, const float* dz,
                    const BytePixels& x, std::size_t units, bool accumulate, float* scratch);

// z[i][j] = f(z[i][j] + b[j]); NaN stays NaN. z [rows, columns]
void bias_activation(cudaStream_t stream, float* z, const float* bias, std::size_t rows,
                     std::size_t columns, const Activation& f);

// Rows: z = exp(z + b − max) / Σ exp(z + b − max). z [rows, columns]
void softmax(cudaStream_t stream, float* z, const float* bias, std::size_t rows,
             std::size_t columns);

// z[i][j] = (softmax(z + b)[i][j] − [j = y_i]) / n, loss[i] = log Σ exp(z + b − max) − (z_y − max),
// hit[i] = the first largest logit is that of y_i, and the loss is not NaN. z [rows, columns]
void softmax_cross_entropy(cudaStream_t stream, float* z, const float* bias, const std::uint8_t* y,
                           std::size_t n, float* loss, std::uint8_t* hit, std::size_t rows,
                           std::size_t columns);

// dz[k] = da[k] · f'(z[k]) from a = f(z), in place, k < n
void activation_backward(cudaStream_t stream, float* dz, const float* a, std::size_t n,
                         const Activation& f);

// sum[j] (+)= Σ_i dz[i][j], in a fixed order. dz [rows, columns];
// scratch [column_sum_scratch(columns)]
std::size_t column_sum_scratch(std::size_t columns);
void column_sum(cudaStream_t stream, float* sum, const float* dz, std::size_t rows,
                std::size_t columns, bool accumulate, float* scratch);

// active[j] |= a[i][j] > 0 for some i. a [rows, columns]
void mark_active(cudaStream_t stream, std::uint8_t* active, const float* a, std::size_t rows,
                 std::size_t columns);

// sum[k] += block[k], k < n
void add(cudaStream_t stream, float* sum, const float* block, std::size_t n);

// metrics = Σ loss, Σ hit over the rows, in a fixed order
void sum_metrics(cudaStream_t stream, Metrics* metrics, const float* loss, const std::uint8_t* hit,
                 std::size_t rows);

// cursor.fault = kLossFault where it is kNoFault and a loss is not finite
void check_loss(cudaStream_t stream, Cursor* cursor, const float* loss, std::size_t rows);

// State that the thread blocks of an update share. Each launch leaves it at its initial values.
struct UpdateState {
  unsigned long long first_fault = ~0ULL;  // index of the first parameter not finite; ~0: none
  unsigned finished = 0;                   // blocks
};

// A batch of `rows` out of a set.
struct Batch {
  std::size_t rows = 0, size = 0;
};

// The optimizer's rule over n parameters with steps[cursor.step]; `state` as the parameters.
// Nothing while a fault is set; a parameter that would become non-finite keeps its value, and the
// first one sets the fault. Then, if a batch is given and no fault is set, the cursor moves on from
// it as by `advance`.
void update(cudaStream_t stream, float* parameters, const float* gradient,
            const OptimizerState<float>& state, std::size_t n, const Optimizer& optimizer,
            const StepCoefficients* steps, Cursor* cursor, Batch batch, UpdateState* shared);

// step + 1; position + rows, wrapping to 0 at `size`; nothing while a fault is set
void advance(cudaStream_t stream, Cursor* cursor, std::size_t rows, std::size_t size);

// order = 0…n−1 sorted by the random key of (seed, shuffle, epoch, index), equal keys in order
struct ShuffleScratch {
  std::uint32_t* keys;         // [n]
  std::uint32_t* sorted_keys;  // [n]
  std::uint32_t* indices;      // [n]
  void* storage;               // [storage_bytes]
  std::size_t storage_bytes;
};
std::size_t shuffle_storage(std::size_t n);  // bytes
void shuffle(cudaStream_t stream, std::uint32_t* order, const ShuffleScratch& scratch,
             std::size_t n, std::uint64_t seed, std::uint32_t epoch);

}  // namespace kilat::kernels
