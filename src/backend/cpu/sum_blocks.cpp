#include "backend/cpu/cpu.h"
#include "backend/cpu/simd.h"

namespace kilat {
namespace {

void add_range(float* sum, const float* block, std::size_t n) {
  vectorised([=]() KILAT_INLINED_LAMBDA {
    for (std::size_t i = 0; i < n; ++i) sum[i] += block[i];
  });
}

}  // namespace

void Cpu::sum_blocks(std::span<Buffer<float>> blocks, std::size_t n) const {
  constexpr std::size_t kGrain = 16384;
  if (n < 2) return;
  team_->ranges(blocks[0].size(), kGrain, [&](std::size_t begin, std::size_t end) {
    for (std::size_t k = 1; k < n; ++k) {
      add_range(blocks[0].data() + begin, blocks[k].data() + begin, end - begin);
    }
  });
}

}  // namespace kilat
