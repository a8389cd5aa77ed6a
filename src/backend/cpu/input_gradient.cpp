#include "backend/cpu/input_product.h"

namespace kilat {

void Cpu::input_gradient(MatrixView<float> gradient, const Matrix& dz, Pixels& x, bool accumulate) {
  if (gradient.rows <= kNarrowBlock && team_->is_alone() && form_of(x, gradient) == Form::sparse) {
    scatter_gradient(gradient, dz, x, accumulate);
    return;
  }
  const bool done =
      gradient_product(gradient, dz, x, [&](const auto& block, Destination to, std::size_t) {
        into(StoreTo{to, accumulate}, block);
      });
  if (!done) gemm(gradient, transpose(dz.view()), x.widened(*team_), accumulate);
}

// For a thread that works alone on few units: does not sort the pixels by feature.
void Cpu::scatter_gradient(MatrixView<float> gradient, const Matrix& dz, Pixels& x,
                           bool accumulate) {
  const std::size_t units = gradient.rows;
  float* scratch = panels_[team_->index()].data();
  PackedBlock packed;
  packed.values = scratch + x.features() * kNarrowBlock;
  packed.block = kNarrowBlock;
  pack_block({dz.row(0), units, x.rows(), units, x.taken(), &packed});
  sparse_scatter({.s = x.by_sample(),
                  .s_rows = x.rows(),
                  .d = &packed,
                  .c_rows = x.features(),
                  .width = units,
                  .sums = scratch,
                  .c = gradient.data,
                  .stride = units,
                  .accumulate = accumulate});
}

}  // namespace kilat
