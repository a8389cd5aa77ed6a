#include "backend/cpu/cpu.h"

namespace kilat {
namespace {

KILAT_VECTORISED void widen_bytes(float* to, const std::uint8_t* from, std::size_t n,
                                  Normalisation normalisation) {
  for (std::size_t i = 0; i < n; ++i) {
    to[i] = (static_cast<float>(from[i]) - normalisation.shift) * normalisation.scale;
  }
}

}  // namespace

MatrixView<const float> Cpu::widen(Pixels& x) const {
  if (!x.is_widened) {
    constexpr std::size_t kGrain = 16384;
    parallel_ranges(threads_, x.rows * x.features, kGrain, [&](std::size_t begin, std::size_t end) {
      widen_bytes(x.widened.data() + begin, x.bytes + begin, end - begin, x.normalisation);
    });
    x.is_widened = true;
  }
  return {x.widened.data(), x.rows, x.features};
}

void Cpu::input_gemm(Matrix& z, Pixels& x, MatrixView<const float> weight) {
  gemm(z, widen(x), transpose(weight));
}

}  // namespace kilat
