#include "backend/cpu/cpu.h"
#include "backend/cpu/sparse_product.h"

namespace kilat {

void Cpu::input_gemm(Matrix& z, Pixels& x, MatrixView<const float> weight) {
  if (!weight.transposed || !x.is_sparse(*team_)) {
    gemm(z, x.widened(*team_), transpose(weight));
    return;
  }
  set_rows(z, x.rows());
  sparse_product(x.by_sample(), transpose(weight), {z.row(0), x.rows(), z.columns()},
                 [](const SparseProduct& block, std::size_t) { sparse_gemm({block}); });
}

void Cpu::linear_relu(Matrix& a, Pixels& x, const Linear<const float>& layer) {
  if (!layer.weight.transposed || !x.is_sparse(*team_)) {
    input_gemm(a, x, layer.weight);
    bias_relu(a, layer.bias);
    return;
  }
  set_rows(a, x.rows());
  sparse_product(x.by_sample(), transpose(layer.weight), {a.row(0), x.rows(), a.columns()},
                 [&](const SparseProduct& block, std::size_t first) {
                   sparse_bias_relu({block, layer.bias.data() + first});
                 });
}

}  // namespace kilat
