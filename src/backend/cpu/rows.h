// What is done with rows of a block once they are computed. All matrices are row-major, with rows
// `…_row` numbers apart.
#pragma once

#include <cstddef>

#include "backend/activation.h"
#include "backend/cpu/finish.h"

namespace kilat {

struct Rows {
  std::size_t rows = 0, columns = 0;
};

// a = f(z + bias)
struct BiasActivationRows : Rows {
  const float* z = nullptr;
  std::size_t z_row = 0;
  const float* bias = nullptr;  // [columns]
  Activation f;
  float* a = nullptr;
  std::size_t a_row = 0;
};
void activate_rows(const BiasActivationRows& r);

// dz = da · f'(z) from a = f(z)
struct ActivationBackwardRows : Rows {
  const float* da = nullptr;
  std::size_t da_row = 0;
  const float* a = nullptr;
  float* dz = nullptr;
  std::size_t row = 0;  // of a and dz
  Activation f;
};
void activation_backward_rows(const ActivationBackwardRows& r);

// to (+)= from
struct AddedRows : Rows {
  const float* from = nullptr;
  std::size_t from_row = 0;
  float* to = nullptr;
  std::size_t to_row = 0;
  bool accumulate = false;
};
void add_rows(const AddedRows& r);

// Parameters, whose rows lie `row` apart as those of their state do, and their gradient.
struct ParameterRows : Rows {
  float* w = nullptr;
  const float* gradient = nullptr;
  std::size_t row = 0, gradient_row = 0;
  OptimizerState<float> state;  // of the parameters at w
};
// Updates them. `fault` is lowered to the index, counted from w, of the first parameter that would
// become non-finite; that one keeps its value.
struct RowsUpdate {
  ParameterRows rows;
  Descent descent;
  std::size_t* fault = nullptr;
};
void update_rows(const RowsUpdate& u);

}  // namespace kilat
