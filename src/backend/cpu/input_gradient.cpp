#include "backend/cpu/cpu.h"
#include "backend/cpu/sparse_product.h"

namespace kilat {

// One that works alone on few units need not sort its numbers by feature.
void Cpu::input_gradient(MatrixView<float> gradient, const Matrix& dz, Pixels& x, bool accumulate) {
  if (!gradient.transposed || !x.is_sparse(*team_)) {
    gemm(gradient, transpose(dz.view()), x.widened(*team_), accumulate);
    return;
  }
  const std::size_t units = gradient.rows;
  if (units <= kNarrowBlock && team_->is_alone()) {
    float* scratch = panels_[team_->index()].data();
    PackedBlock packed;
    packed.values = scratch + x.features() * kNarrowBlock;
    packed.block = kNarrowBlock;
    pack_block({dz.row(0), units, x.rows(), units, &packed});
    sparse_scatter({.s = x.by_sample(),
                    .s_rows = x.rows(),
                    .d = &packed,
                    .c_rows = x.features(),
                    .width = units,
                    .sums = scratch,
                    .c = gradient.data,
                    .stride = units,
                    .accumulate = accumulate});
    return;
  }
  sparse_product(x.by_feature(*team_), dz.view(), transpose(gradient),
                 [&](const SparseProduct& block, std::size_t) {
                   sparse_gemm({block, accumulate});
                 });
}

}  // namespace kilat
