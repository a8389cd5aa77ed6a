#include <algorithm>

#include "backend/cpu/input_product.h"
#include "backend/cpu/update_rule.h"

namespace kilat {
namespace {

struct Range {
  float* w;
  const float* gradient;
  OptimizerState<float> state;
  std::size_t n;
  Descent descent;
  std::size_t* fault;  // the first index that would become non-finite, or unchanged
};

template <std::size_t lanes>
KILAT_INLINE void descend_range(const Range& arguments) {
  const Range a = arguments;
  with_rule(a.descent.optimizer.rule, [&]<Rule rule>() KILAT_INLINED_LAMBDA {
    for (std::size_t i = 0; i < a.n; i += lanes) {
      const OptimizerState<float> state = a.state.from(i);
      const Mask<lanes> bad =
          i + lanes <= a.n
              ? descend<lanes, rule>(a.w + i, floats_at<lanes>(a.gradient + i), state, a.descent)
              : descend_part<lanes, rule>(a.w + i, a.gradient + i, state, a.n - i, a.descent);
      const std::size_t lane = first_lane<lanes>(bad);
      if (lane != lanes) *a.fault = std::min(*a.fault, i + lane);
    }
  });
}
KILAT_SIMD(update_some, descend_range, Range)

}  // namespace

void Cpu::note_fault(std::size_t parameter) {
  std::size_t first = first_fault_;
  while (parameter < first && !first_fault_.compare_exchange_weak(first, parameter)) {
  }
}

void Cpu::settle_faults(Buffer<Cursor>& cursor) {
  team_->once([&] {
    const std::size_t first = first_fault_.exchange(kNoFaultFound);
    if (first != kNoFaultFound) cursor[0].fault = kParameterFault + first;
  });
}

// Updates n parameters; the pointers are to the first one, whose index in the block is `first`.
void Cpu::update_range(float* parameters, const float* gradient, const OptimizerState<float>& state,
                       std::size_t first, std::size_t n, const Descent& descent) {
  constexpr std::size_t kGrain = 4096;
  team_->ranges(n, kGrain, [&](std::size_t begin, std::size_t end) {
    std::size_t fault = kNoFaultFound;
    update_some(
        {parameters + begin, gradient + begin, state.from(begin), end - begin, descent, &fault});
    if (fault != kNoFaultFound) note_fault(first + begin + fault);
  });
}

void Cpu::update(Buffer<float>& parameters, const Buffer<float>& gradient,
                 const OptimizerState<float>& state, const Optimizer& optimizer,
                 const Buffer<StepCoefficients>& steps, Buffer<Cursor>& cursor) {
  if (cursor[0].fault != kNoFault) return;
  update_range(parameters.data(), gradient.data(), state, 0, parameters.size(),
               {optimizer, steps[cursor[0].step]});
  settle_faults(cursor);
}

void Cpu::linear_update(const UpdatedLayer& layer, const Matrix& dz, Pixels& x,
                        const Optimizer& optimizer, const Buffer<StepCoefficients>& steps,
                        const Buffer<Cursor>& cursor) {
  if (cursor[0].fault != kNoFault) return;
  const Descent descent{optimizer, steps[cursor[0].step]};
  const MatrixView<float> w = layer.parameters.weight;
  column_sum(layer.gradient.bias, dz, false);
  const bool done =
      gradient_product(w, dz, x, [&](const auto& block, Destination to, std::size_t first) {
        std::size_t fault = kNoFaultFound;
        into(UpdateTo{to, layer.state.from(first), descent, &fault}, block);
        if (fault != kNoFaultFound) note_fault(layer.index + first + fault);
      });
  if (!done) {
    input_gradient(layer.gradient.weight, dz, x, false);
    update_layer(layer, descent);
    return;
  }
  const std::size_t bias = static_cast<std::size_t>(layer.parameters.bias.data() - w.data);
  update_range(layer.parameters.bias.data(), layer.gradient.bias.data(), layer.state.from(bias),
               layer.index + bias, layer.parameters.bias.size(), descent);
}

void Cpu::linear_update(const UpdatedLayer& layer, const Matrix& dz, const Matrix& x,
                        const Optimizer& optimizer, const Buffer<StepCoefficients>& steps,
                        const Buffer<Cursor>& cursor) {
  if (cursor[0].fault != kNoFault) return;
  column_sum(layer.gradient.bias, dz, false);
  gemm(layer.gradient.weight, transpose(dz.view()), x.view(), false);
  update_layer(layer, {optimizer, steps[cursor[0].step]});
}

void Cpu::update_layer(const UpdatedLayer& layer, const Descent& descent) {
  const float* end = layer.parameters.bias.data() + layer.parameters.bias.size();
  update_range(layer.parameters.weight.data, layer.gradient.weight.data, layer.state, layer.index,
               static_cast<std::size_t>(end - layer.parameters.weight.data), descent);
}

void Cpu::advance(Buffer<Cursor>& cursor, std::size_t rows, std::size_t size) {
  settle_faults(cursor);
  team_->once([&] { HostMemory::advance(cursor, rows, size); });
}

}  // namespace kilat
