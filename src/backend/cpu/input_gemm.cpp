#include "backend/cpu/input_product.h"

namespace kilat {

void Cpu::input_gemm(Matrix& z, Pixels& x, MatrixView<const float> weight) {
  const bool done = input_product(z, x, weight, [](const auto& block, Destination to, std::size_t) {
    into(StoreTo{to}, block);
  });
  if (!done) gemm(z, x.widened(*team_), transpose(weight));
}

void Cpu::linear_activation(Matrix& a, Pixels& x, const Linear<const float>& layer,
                            const Activation& f) {
  const std::size_t units = a.columns();
  const bool done =
      input_product(a, x, layer.weight, [&](const auto& block, Destination to, std::size_t first) {
        into(BiasActivationTo{to, layer.bias.data() + first % units, f}, block);
      });
  if (done) return;
  gemm(a, x.widened(*team_), transpose(layer.weight));
  bias_activation(a, layer.bias, f);
}

}  // namespace kilat
