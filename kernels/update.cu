#include "kernels/cursor.h"
#include "kernels/kernels.h"
#include "kernels/launch.h"

namespace kilat::kernels {
namespace {

constexpr unsigned kWide = 4;
constexpr unsigned long long kNone = ~0ULL;

// One parameter's step; returns whether it stays finite. Otherwise it keeps its value.
__device__ bool update_one(float& w, float gradient, float& v, SgdRule rule, float rate) {
  const float g = fmaf(rule.weight_decay, w, gradient);
  float direction = g;
  if (rule.momentum != 0) {
    v = fmaf(rule.momentum, v, g);
    direction = rule.nesterov ? fmaf(rule.momentum, v, g) : v;
  }
  const float next = fmaf(-rate, direction, w);
  const bool finite = is_finite(next);
  w = finite ? next : w;
  return finite;
}

// Every block has read the cursor before it counts as finished; the last one to finish sets the
// fault or moves the cursor on, so that all blocks of a launch see the same cursor, and leaves the
// state at rest.
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
__global__ void update_parameters(float* parameters, const float* gradient, float* velocity,
                                  std::size_t packs, std::size_t n, SgdRule rule,
                                  const float* rates, Cursor* cursor, Batch batch,
                                  UpdateState* state) {
  if (cursor->fault != kNoFault) return;
  const float rate = rates[cursor->step];
  unsigned long long first = kNone;
  const auto update_at = [&](float& w, float g, float& v, std::size_t i) {
    if (!update_one(w, g, v, rule, rate) && i < first) first = i;
  };
  auto* w_packs = reinterpret_cast<Pack<float, kWide>*>(parameters);
  auto* v_packs = reinterpret_cast<Pack<float, kWide>*>(velocity);
  const auto* g_packs = reinterpret_cast<const Pack<float, kWide>*>(gradient);
  for (std::size_t i = first_index(); i < packs; i += index_stride()) {
    Pack<float, kWide> w = w_packs[i], v = {};
    if (rule.momentum != 0) v = v_packs[i];
    const Pack<float, kWide> g = g_packs[i];
    for (unsigned k = 0; k < kWide; ++k) {
      update_at(w.value[k], g.value[k], v.value[k], i * kWide + k);
    }
    w_packs[i] = w;
    if (rule.momentum != 0) v_packs[i] = v;
  }
  for (std::size_t i = packs * kWide + first_index(); i < n; i += index_stride()) {
    update_at(parameters[i], gradient[i], velocity[i], i);
  }
  finish_update(first != kNone, first, cursor, batch, state);
}

}  // namespace

void update(cudaStream_t stream, float* parameters, const float* gradient, float* velocity,
            std::size_t n, SgdRule rule, const float* rates, Cursor* cursor, Batch batch,
            UpdateState* state) {
  constexpr std::size_t kBytes = kWide * sizeof(float);
  const bool wide = is_aligned(parameters, kBytes) && is_aligned(gradient, kBytes) &&
                    is_aligned(velocity, kBytes);
  const std::size_t packs = wide ? n / kWide : 0;
  launch(stream, blocks_for(wide ? (n + kWide - 1) / kWide : n, kBlock), kBlock, update_parameters,
         parameters, gradient, velocity, packs, n, rule, rates, cursor, batch, state);
}

}  // namespace kilat::kernels
