#include <algorithm>

#include "backend/cpu/cpu.h"
#include "backend/cpu/update_rule.h"

namespace kilat {
namespace {

template <std::size_t lanes>
KILAT_INLINE void descend_rows(const RowsUpdate& update) {
  const ParameterRows a = update.rows;
  const Descent descent = update.descent;
  std::size_t fault = *update.fault;
  with_rule(descent.optimizer.rule, [&]<Rule rule>() KILAT_INLINED_LAMBDA {
    for (std::size_t r = 0; r < a.rows; ++r) {
      const float* gradient = a.gradient + r * a.gradient_row;
      for (std::size_t j = 0; j < a.columns; j += lanes) {
        const std::size_t i = r * a.row + j;
        const OptimizerState<float> state = a.state.from(i);
        if (j + lanes <= a.columns) {
          descend<lanes, rule>(a.w + i, floats_at<lanes>(gradient + j), state, descent, i, fault);
        } else {
          descend_part<lanes, rule>(a.w + i, gradient + j, state, a.columns - j, descent, i, fault);
        }
      }
    }
  });
  *update.fault = fault;
}

}  // namespace

KILAT_SIMD(update_rows, descend_rows, RowsUpdate)

void Cpu::note_fault(std::size_t parameter) {
  std::size_t first = first_fault_;
  while (parameter < first && !first_fault_.compare_exchange_weak(first, parameter)) {
  }
}

void Cpu::settle_faults(Buffer<Cursor>& cursor) {
  const std::size_t first = first_fault_.exchange(kNoFaultFound);
  if (first != kNoFaultFound) cursor[0].fault = kParameterFault + first;
}

// Updates n parameters; the pointers are to the first one, whose index in the block is `first`.
void Cpu::update_range(float* parameters, const float* gradient, const OptimizerState<float>& state,
                       std::size_t first, std::size_t n, const Descent& descent) {
  constexpr std::size_t kGrain = 4096;
  team_->ranges(n, kGrain, [&](std::size_t begin, std::size_t end) {
    update_own({{1, end - begin}, parameters + begin, gradient + begin, 0, 0, state.from(begin)},
               first + begin, descent);
  });
}

void Cpu::update_own(const ParameterRows& rows, std::size_t index, const Descent& descent) {
  std::size_t fault = kNoFaultFound;
  update_rows({rows, descent, &fault});
  if (fault != kNoFaultFound) note_fault(index + fault);
}

void Cpu::update(Buffer<float>& parameters, const Buffer<float>& gradient,
                 const OptimizerState<float>& state, const Optimizer& optimizer,
                 const Buffer<StepCoefficients>& steps, Buffer<Cursor>& cursor) {
  if (cursor[0].fault != kNoFault) return;
  update_range(parameters.data(), gradient.data(), state, 0, parameters.size(),
               {optimizer, steps[cursor[0].step]});
  team_->once([&] { settle_faults(cursor); });
}

void Cpu::update_layer(const UpdatedLayer& layer, const Descent& descent) {
  const float* end = layer.parameters.bias.data() + layer.parameters.bias.size();
  update_range(layer.parameters.weight.data, layer.gradient.weight.data, layer.state, layer.index,
               static_cast<std::size_t>(end - layer.parameters.weight.data), descent);
}

void Cpu::advance(Buffer<Cursor>& cursor, std::size_t rows, std::size_t size) {
  team_->once([&] {
    settle_faults(cursor);
    HostMemory::advance(cursor, rows, size);
  });
}

}  // namespace kilat
