#include "backend/arithmetic.h"
#include "kernels/cursor.h"
#include "kernels/kernels.h"
#include "kernels/launch.h"

namespace kilat::kernels {
namespace {

constexpr unsigned kWide = 4;
constexpr unsigned long long kNone = ~0ULL;

using State = OptimizerState<float>;

// Updates one parameter, or keeps its value and returns false if it would become non-finite.
template <Rule rule>
__device__ bool update_one(float& w, float gradient, float* state, const Optimizer& optimizer,
                           const StepCoefficients& step) {
  const float next = next_parameter<rule, FloatArithmetic>(w, gradient, state, optimizer, step);
  const bool finite = is_finite(next);
  w = finite ? next : w;
  return finite;
}

// Each block reads the cursor before it counts as finished. Only the last one to finish sets the
// fault or advances the cursor, so all blocks of a launch see the same one. It also resets `state`.
__device__ void finish_update(bool faulty, unsigned long long first, Cursor* cursor, Batch batch,
                              UpdateState* state) {
  if (__syncthreads_or(faulty ? 1 : 0) != 0 && faulty) atomicMin(&state->first_fault, first);
  __threadfence();
  __syncthreads();
  if (threadIdx.x != 0) return;
  const bool is_last = atomicInc(&state->finished, gridDim.x - 1) == gridDim.x - 1;
  if (!is_last) return;
  const unsigned long long fault = atomicExch(&state->first_fault, kNone);
  if (fault != kNone) {
    set_fault(cursor, kParameterFault + fault);
  } else if (batch.size != 0) {
    move_on(cursor, batch.rows, batch.size);
  }
}

// `packs` whole Packs, then the rest one by one.
template <Rule rule>
__global__ void update_parameters(float* parameters, const float* gradient, State state,
                                  std::size_t packs, std::size_t n, Optimizer optimizer,
                                  const StepCoefficients* steps, Cursor* cursor, Batch batch,
                                  UpdateState* shared) {
  constexpr int kBlocks = state_blocks(rule);
  if (cursor->fault != kNoFault) return;
  const StepCoefficients step = steps[cursor->step];
  unsigned long long first = kNone;
  const auto update_at = [&](float& w, float g, float* numbers, std::size_t i) {
    if (!update_one<rule>(w, g, numbers, optimizer, step) && i < first) first = i;
  };
  using Wide = Pack<float, kWide>;
  auto* w_packs = reinterpret_cast<Wide*>(parameters);
  const auto* g_packs = reinterpret_cast<const Wide*>(gradient);
  for (std::size_t i = first_index(); i < packs; i += index_stride()) {
    Wide w = w_packs[i], of_state[kMostState] = {};
    for (int b = 0; b < kBlocks; ++b) {
      of_state[b] = reinterpret_cast<const Wide*>(state.block[b])[i];
    }
    const Wide g = g_packs[i];
    for (unsigned k = 0; k < kWide; ++k) {
      float numbers[kMostState] = {};
      for (int b = 0; b < kBlocks; ++b) numbers[b] = of_state[b].value[k];
      update_at(w.value[k], g.value[k], numbers, i * kWide + k);
      for (int b = 0; b < kBlocks; ++b) of_state[b].value[k] = numbers[b];
    }
    w_packs[i] = w;
    for (int b = 0; b < kBlocks; ++b) {
      reinterpret_cast<Wide*>(state.block[b])[i] = of_state[b];
    }
  }
  for (std::size_t i = packs * kWide + first_index(); i < n; i += index_stride()) {
    float numbers[kMostState] = {};
    for (int b = 0; b < kBlocks; ++b) numbers[b] = state.block[b][i];
    update_at(parameters[i], gradient[i], numbers, i);
    for (int b = 0; b < kBlocks; ++b) state.block[b][i] = numbers[b];
  }
  finish_update(first != kNone, first, cursor, batch, shared);
}

}  // namespace

void update(cudaStream_t stream, float* parameters, const float* gradient, const State& state,
            std::size_t n, const Optimizer& optimizer, const StepCoefficients* steps,
            Cursor* cursor, Batch batch, UpdateState* shared) {
  constexpr std::size_t kBytes = kWide * sizeof(float);
  bool wide = is_aligned(parameters, kBytes) && is_aligned(gradient, kBytes);
  for (const float* block : state.block) wide = wide && is_aligned(block, kBytes);
  const std::size_t packs = wide ? n / kWide : 0;
  with_rule(optimizer.rule, [&]<Rule rule>() {
    launch(stream, blocks_for(wide ? (n + kWide - 1) / kWide : n, kBlock), kBlock,
           update_parameters<rule>, parameters, gradient, state, packs, n, optimizer, steps, cursor,
           batch, shared);
  });
}

}  // namespace kilat::kernels
