// What the training step requires of a device, with each op's formula; i is a sample, j a unit.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include <kilat/dataset.h>

#include "backend/activation.h"
#include "backend/augmentation.h"
#include "backend/optimizer.h"
#include "backend/types.h"
#include "backend/unit_blocks.h"

namespace kilat {

// Real        the type of the arithmetic
// Buffer<T>   a move-only array on the device; data(), size()
// Matrix      a move-only matrix of Real that hides its layout; rows(), columns(), view()
// Images      a data set's bytes; a backend may refer to the host's copy, which must outlive it
// Pixels      a batch's normalised bytes, x = (byte − shift) · scale
// Shuffling   scratch of shuffle
//
// An op sets the number of rows of its Matrix outputs from its inputs. Ops allocate no memory.
template <class B>
concept Backend = requires(
    B b, typename B::Matrix& m, const typename B::Matrix& cm, const typename B::Images& images,
    typename B::Pixels& x, MatrixView<typename B::Real> view,
    MatrixView<const typename B::Real> cview, std::span<typename B::Real> reals,
    std::span<const typename B::Real> creals, std::span<std::uint8_t> bytes,
    std::span<const std::uint8_t> cbytes, typename B::template Buffer<std::uint32_t>& order,
    typename B::Shuffling& shuffling, typename B::template Buffer<Cursor>& cursor,
    typename B::template Buffer<Metrics>& metrics,
    typename B::template Buffer<std::uint8_t>& byte_buffer,
    std::span<typename B::template Buffer<typename B::Real>> blocks, Plan plan, Slice slice,
    const OptimizerState<typename B::Real>& state, const Optimizer& optimizer,
    const Activation& activation, const typename B::template Buffer<StepCoefficients>& steps,
    Normalisation normalisation, typename B::Images& made, const AugmentedEpoch& epoch,
    std::size_t n, std::uint64_t seed, bool accumulate, Phase phase) {
  // Memory, zeroed; uploads and downloads are row-major.
  { b.template buffer<float>(n) } -> std::same_as<typename B::template Buffer<float>>;
  { b.matrix(n, n) } -> std::same_as<typename B::Matrix>;        // capacity in rows, columns
  { b.images(cbytes, n) } -> std::same_as<typename B::Images>;   // [·, features]
  { b.empty_images(n, n) } -> std::same_as<typename B::Images>;  // images, features; for augment
  { b.pixels(n, n, normalisation) } -> std::same_as<typename B::Pixels>;  // rows, features
  { b.shuffling(n) } -> std::same_as<typename B::Shuffling>;
  b.upload(creals, blocks[0]);
  b.download(blocks[0], reals);
  b.upload(creals, n, m);  // n rows
  b.upload(cbytes, byte_buffer);
  b.download(byte_buffer, bytes);
  b.upload(std::span<const Cursor>(), cursor);
  b.download(cursor, std::span<Cursor>());
  b.download(metrics, std::span<Metrics>());
  b.download(cm, reals);

  // How the weight of a first layer of n units is stored; where there are blocks, its MatrixView is
  // marked as transposed.
  { b.unit_blocks(n) } -> std::same_as<UnitBlocks>;

  // Which forms (step/layer.h) the backend fuses.
  { B::kFused } -> std::convertible_to<FusedForms>;

  // How to divide a batch of n rows; slice_rows is limited to what suits the device's caches or
  // memory, however large n is.
  { b.plan(n) } -> std::same_as<Plan>;
  // Calls f(Slice) for each slice of n rows, in order for each worker; returns the workers used.
  {
    b.slices(plan, n, [](Slice) {})
    } -> std::same_as<std::size_t>;
  // replay(rows, times, f): runs f `times` times in sequence. For a given number of rows, f does
  // the same in every call, so a device may record it once and replay the recording.
  b.replay(n, n, [] {});

  // The calling worker enters this phase. Times are recorded between start_profile and
  // stop_profile, during which nothing is replayed; times of concurrent workers are averaged.
  b.mark(phase);
  b.start_profile();
  { b.stop_profile() } -> std::same_as<PhaseSeconds>;
  // An epoch begins: a name for profilers.
  b.mark_epoch(n);

  // order ← 0…n−1 sorted by the random key of (seed, shuffle, epoch, index)
  b.shuffle(order, shuffling, seed, std::uint32_t{});
  // made[i] = images[i] augmented for that epoch (backend/augmentation.h); also recomputes what the
  // backend keeps beside the bytes for the first layer, such as the list of non-zero pixels
  b.augment(made, images, epoch);
  // x[i] = images[order[position + first + i]], y likewise; an empty order means 0, 1, 2, …
  b.gather(x, bytes, images, cbytes, order, cursor, slice);
  // z = x · Wᵀ from bytes
  b.input_gemm(m, x, cview);
  // dW (+)= dzᵀ · x from bytes
  b.input_gradient(view, cm, x, accumulate);
  // C (+)= A · B
  b.gemm(view, cview, cview, accumulate);
  // C = A · B, with the rows of A
  b.gemm(m, cview, cview);
  // a[i][j] = f(z[i][j] + b[j]), in place; NaN stays NaN
  b.bias_activation(m, creals, activation);
  // row: exp(z + b − max) / Σ exp(z + b − max), in place
  b.softmax(m, creals);
  // dz[i][j] = (softmax(z + b)[i][j] − [j = y_i]) / n in place; the rows' losses and
  // hits (the label's logit is the first largest one; a row with a NaN is no hit)
  b.softmax_cross_entropy(m, creals, cbytes, n, reals, bytes);
  // dz[i][j] = da[i][j] · f'(z[i][j]) from a = f(z), in place
  b.activation_backward(m, cm, activation);
  // db[j] (+)= Σ_i dz[i][j], in a fixed order
  b.column_sum(reals, cm, accumulate);
  // active[j] |= a[i][j] > 0 for some i
  b.mark_active(bytes, cm);
  // blocks[0] ← blocks[0] + … + blocks[n − 1], in this order
  b.sum_blocks(blocks, n);
  // metrics ← Σ loss, Σ hit, in a fixed order
  b.sum_metrics(metrics, creals, cbytes);
  // fault ← kLossFault if a loss is not finite
  b.check_loss(cursor, creals);
  // the optimizer's rule with steps[step]; nothing while a fault is set; a parameter that would
  // become non-finite keeps its value and sets the fault
  b.update(blocks[0], blocks[0], state, optimizer, steps, cursor);
  // step + 1; position + n, wrapping to 0 at `size`; nothing while a fault is set
  b.advance(cursor, n, n);
};

}  // namespace kilat
