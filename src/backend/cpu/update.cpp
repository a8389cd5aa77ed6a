#include <algorithm>

#include "backend/cpu/input_product.h"
#include "backend/cpu/update_rule.h"

namespace kilat {
namespace {

struct Range {
  float* w;
  const float* gradient;
  float* v;
  std::size_t n;
  SgdRule rule;
  float rate;
  std::size_t* fault;  // the first index that would become non-finite, or unchanged
};

template <std::size_t lanes>
KILAT_INLINE void descend_range(const Range& a) {
  for (std::size_t i = 0; i < a.n; i += lanes) {
    const Mask<lanes> bad =
        i + lanes <= a.n
            ? descend<lanes>(a.w + i, floats_at<lanes>(a.gradient + i), a.v + i, a.rule, a.rate)
            : descend_part<lanes>(a.w + i, a.gradient + i, a.v + i, a.n - i, a.rule, a.rate);
    const std::size_t lane = first_lane<lanes>(bad);
    if (lane != lanes) *a.fault = std::min(*a.fault, i + lane);
  }
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

// Parameters first, first + 1, … of the block.
void Cpu::update_range(float* parameters, const float* gradient, float* velocity, std::size_t first,
                       std::size_t n, SgdRule rule, float rate) {
  constexpr std::size_t kGrain = 4096;
  team_->ranges(n, kGrain, [&](std::size_t begin, std::size_t end) {
    std::size_t fault = kNoFaultFound;
    update_some(
        {parameters + begin, gradient + begin, velocity + begin, end - begin, rule, rate, &fault});
    if (fault != kNoFaultFound) note_fault(first + begin + fault);
  });
}

void Cpu::update(Buffer<float>& parameters, const Buffer<float>& gradient, Buffer<float>& velocity,
                 SgdRule rule, const Buffer<float>& rates, Buffer<Cursor>& cursor) {
  if (cursor[0].fault != kNoFault) return;
  update_range(parameters.data(), gradient.data(), velocity.data(), 0, parameters.size(), rule,
               rates[cursor[0].step]);
  settle_faults(cursor);
}

void Cpu::linear_update(const UpdatedLayer& layer, const Matrix& dz, Pixels& x, SgdRule rule,
                        const Buffer<float>& rates, const Buffer<Cursor>& cursor) {
  if (cursor[0].fault != kNoFault) return;
  const float rate = rates[cursor[0].step];
  const MatrixView<float> w = layer.parameters.weight;
  column_sum(layer.gradient.bias, dz, false);
  const bool done =
      gradient_product(w, dz, x, [&](const auto& block, Destination to, std::size_t first) {
        std::size_t fault = kNoFaultFound;
        into(UpdateTo{to, layer.velocity.weight.data + first, rule, rate, &fault}, block);
        if (fault != kNoFaultFound) note_fault(layer.index + first + fault);
      });
  if (!done) {
    input_gradient(layer.gradient.weight, dz, x, false);
    update_layer(layer, rule, rate);
    return;
  }
  const std::size_t bias = static_cast<std::size_t>(layer.parameters.bias.data() - w.data);
  update_range(layer.parameters.bias.data(), layer.gradient.bias.data(), layer.velocity.bias.data(),
               layer.index + bias, layer.parameters.bias.size(), rule, rate);
}

void Cpu::linear_update(const UpdatedLayer& layer, const Matrix& dz, const Matrix& x, SgdRule rule,
                        const Buffer<float>& rates, const Buffer<Cursor>& cursor) {
  if (cursor[0].fault != kNoFault) return;
  column_sum(layer.gradient.bias, dz, false);
  gemm(layer.gradient.weight, transpose(dz.view()), x.view(), false);
  update_layer(layer, rule, rates[cursor[0].step]);
}

void Cpu::update_layer(const UpdatedLayer& layer, SgdRule rule, float rate) {
  const float* end = layer.parameters.bias.data() + layer.parameters.bias.size();
  update_range(layer.parameters.weight.data, layer.gradient.weight.data, layer.velocity.weight.data,
               layer.index, static_cast<std::size_t>(end - layer.parameters.weight.data), rule,
               rate);
}

void Cpu::advance(Buffer<Cursor>& cursor, std::size_t rows, std::size_t size) {
  settle_faults(cursor);
  team_->once([&] { HostMemory::advance(cursor, rows, size); });
}

}  // namespace kilat
