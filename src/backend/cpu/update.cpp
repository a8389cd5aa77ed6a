#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <mutex>

#include "backend/cpu/cpu.h"

namespace kilat {
namespace {

constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

// The index of the first parameter that the rule would make non-finite, or kNone. It keeps its
// value. n is less than kNone.
KILAT_VECTORISED std::uint32_t update_range(float* w, const float* gradient, float* v,
                                            std::uint32_t n, SgdRule rule, float rate) {
  std::uint32_t first = kNone;
  for (std::uint32_t i = 0; i < n; ++i) {
    const float g = gradient[i] + rule.weight_decay * w[i];
    v[i] = rule.momentum * v[i] + g;
    const float next = w[i] - rate * (rule.nesterov ? g + rule.momentum * v[i] : v[i]);
    const bool finite = next - next == 0;  // else it is NaN
    w[i] = finite ? next : w[i];
    first = std::min(first, finite ? kNone : i);
  }
  return first;
}

}  // namespace

void Cpu::update(Buffer<float>& parameters, const Buffer<float>& gradient, Buffer<float>& velocity,
                 SgdRule rule, const Buffer<float>& rates, Buffer<Cursor>& cursor) const {
  Cursor& c = cursor[0];
  if (c.fault != kNoFault) return;
  const float rate = rates[c.step];
  constexpr std::size_t kGrain = 16384;
  constexpr std::uint64_t kFine = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t fault = kFine;
  std::mutex mutex;
  parallel_ranges(threads_, parameters.size(), kGrain, [&](std::size_t begin, std::size_t end) {
    constexpr std::size_t kBlock = 1 << 20;
    for (std::size_t i = begin; i < end; i += kBlock) {
      const std::uint32_t first =
          update_range(parameters.data() + i, gradient.data() + i, velocity.data() + i,
                       static_cast<std::uint32_t>(std::min(kBlock, end - i)), rule, rate);
      if (first == kNone) continue;
      const std::lock_guard lock(mutex);
      fault = std::min(fault, i + first);
    }
  });
  if (fault != kFine) c.fault = kParameterFault + fault;
}

}  // namespace kilat
