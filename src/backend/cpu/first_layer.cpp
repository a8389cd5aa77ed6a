// z = x · Wᵀ for a batch of bytes.
#include <algorithm>

#include "backend/cpu/column_offsets.h"
#include "backend/cpu/exact/exact_product.h"
#include "backend/cpu/own_blocks.h"
#include "backend/cpu/rows.h"
#include "backend/cpu/small_product.h"

namespace kilat {

// Sums of a part of the batch with a part of the units.
struct Cpu::Panel {
  std::size_t row = 0, rows = 0;
  std::size_t unit = 0, units = 0;
  const float* z = nullptr;
  std::size_t stride = 0;
};

// Calls f(Panel) for rows [begin, end) of a block.
template <class F>
void Cpu::multiply_sparse(Pixels& x, const float* w, const UnitBlock& block, std::size_t begin,
                          std::size_t end, const F& f) {
  float start[UnitBlocks::kMost];
  column_offsets(-x.taken(), w, block.width, x.features(), block.width, start);
  float* z = scratch().panel.data();
  const std::uint32_t* at[kPanelRows];
  for (std::size_t r = begin; r < end; r += kPanelRows) {
    const std::size_t last = std::min(end, r + kPanelRows);
    multiply(SparseProduct{x.listed(), &x.values(), w, block.width, block.is_only, start, r, last,
                           z, x.features(), at});
    f(Panel{r, last - r, block.first, block.units, z, block.width});
  }
}

template <class F>
void Cpu::multiply_dense(Pixels& x, const float* w, const UnitBlock& block, std::size_t begin,
                         std::size_t end, const F& f) {
  const MatrixView<const float> widened = x.widened(*team_);
  float* z = scratch().panel.data();
  for (std::size_t r = begin; r < end; r += kPanelRows) {
    const std::size_t rows = std::min(end - r, kPanelRows), features = x.features();
    multiply(SmallProduct{.a = widened.data + r * features,
                          .a_row = features,
                          .b = w,
                          .b_row = block.width,
                          .rows = rows,
                          .depth = features,
                          .width = block.width,
                          .c = z});
    f(Panel{r, rows, block.first, block.units, z, block.width});
  }
}

template <class F>
void Cpu::multiply_exact(Pixels& x, const float* w, const UnitBlock& block, std::size_t begin,
                         std::size_t end, const F& f) {
  exact_product({x.sample_tiles(*team_), x.scale(), w, block.width, begin, end}, *units_,
                scratch().exact,
                [&](std::size_t row, std::size_t rows, std::size_t column, std::size_t columns,
                    const float* z) {
                  f(Panel{row, rows, block.first + column, std::min(columns, block.units - column),
                          z, kExactColumns});
                });
}

template <class F>
void Cpu::multiply_whole(const Pixels& x, const float* w, const UnitBlock& block, std::size_t begin,
                         std::size_t end, const F& f) {
  WholeScratch& scratch = this->scratch().whole;
  const Digits digits = scratch.digits_of(w, x.features(), block);
  float* z = this->scratch().panel.data();
  for (std::size_t r = begin; r < end; r += kPanelRows) {
    const std::size_t left = end - r, rows = std::min(left, kPanelRows);
    const std::size_t listed = std::min(left, scratch.rows.size());
    for (std::size_t i = 0; i < listed; ++i) scratch.rows[i] = x.fours(r + i);
    const auto sums = scratch.multiply(digits, rows, listed - rows);
    whole_logits({sums, rows, &digits, block.units, block.width, x.normalisation(), z});
    f(Panel{r, rows, block.first, block.units, z, block.width});
  }
}

template <class F>
void Cpu::block_product(Matrix& z, Pixels& x, MatrixView<const float> weight, const F& f) {
  const Form form = form_of(x, weight);
  set_rows(z, x.rows());
  std::size_t parts = x.rows();
  if (form == Form::dense) x.widened(*team_);
  if (form == Form::exact) parts = x.sample_tiles(*team_).row_tiles();
  team_->together([&](Share share) {
    for_own_blocks(share, unit_blocks(z.columns()), parts,
                   [&](const UnitBlock& block, std::size_t begin, std::size_t end) {
                     const float* w = weight.data + block.first * x.features();
                     switch (form) {
                       case Form::sparse:
                         return multiply_sparse(x, w, block, begin, end, f);
                       case Form::dense:
                         return multiply_dense(x, w, block, begin, end, f);
                       case Form::exact:
                         return multiply_exact(x, w, block, begin, end, f);
                       case Form::whole:
                         return multiply_whole(x, w, block, begin, end, f);
                     }
                   });
    share.barrier();
  });
}

void Cpu::input_gemm(Matrix& z, Pixels& x, MatrixView<const float> weight) {
  if (!weight.transposed) return gemm(z, x.widened(*team_), transpose(weight));
  block_product(z, x, weight, [&](const Panel& p) {
    add_rows({{p.rows, p.units}, p.z, p.stride, z.row(p.row) + p.unit, z.columns()});
  });
}

void Cpu::linear_activation(Matrix& a, Pixels& x, const Linear<const float>& layer,
                            const Activation& f) {
  if (!layer.weight.transposed) {
    gemm(a, x.widened(*team_), transpose(layer.weight));
    return bias_activation(a, layer.bias, f);
  }
  block_product(a, x, layer.weight, [&](const Panel& p) {
    activate_rows({{p.rows, p.units},
                   p.z,
                   p.stride,
                   layer.bias.data() + p.unit,
                   f,
                   a.row(p.row) + p.unit,
                   a.columns()});
  });
}

}  // namespace kilat
