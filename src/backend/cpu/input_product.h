// The first layer's products, in the form (Cpu::Form) that suits the batch.
#pragma once

#include "backend/cpu/cpu.h"
#include "backend/cpu/exact/exact_product.h"
#include "backend/cpu/sparse/sparse_product.h"

namespace kilat {

template <class F>
bool Cpu::input_product(Matrix& z, Pixels& x, MatrixView<const float> weight, const F& f) {
  const Form form = form_of(x, weight);
  if (form == Form::dense) return false;
  set_rows(z, x.rows());
  const MatrixView<float> c{z.row(0), x.rows(), z.columns()};
  if (form == Form::exact) {
    exact_product(x.sample_tiles(*team_), x.scale(), transpose(weight), c, f);
  } else {
    sparse_product(x.by_sample(), x.taken(), transpose(weight), c, f);
  }
  return true;
}

template <class F>
bool Cpu::gradient_product(MatrixView<float> c, const Matrix& dz, Pixels& x, const F& f) {
  const Form form = form_of(x, c);
  if (form == Form::dense) return false;
  if (form == Form::exact) {
    exact_product(x.feature_tiles(*team_), x.scale(), dz.view(), transpose(c), f);
  } else {
    sparse_product(x.by_feature(*team_), x.taken(), dz.view(), transpose(c), f);
  }
  return true;
}

}  // namespace kilat
