// What is done with a matrix product, a block of columns at a time: store, activate or update.
#pragma once

#include <cstddef>

#include "backend/activation.h"
#include "backend/optimizer.h"
#include "backend/types.h"

namespace kilat {

// Products are computed in blocks of columns: two cache lines of floats, or one if the matrix has
// no more columns.
constexpr std::size_t kWideBlock = 32;
constexpr std::size_t kNarrowBlock = 16;
constexpr std::size_t block_width(std::size_t columns) {
  return columns > kNarrowBlock ? kWideBlock : kNarrowBlock;
}

// A block of C: `width` columns of rows that are `stride` apart.
struct Destination {
  float* c = nullptr;  // of row 0
  std::size_t stride = 0;
  std::size_t width = kWideBlock;
};

// C (+)= product
struct StoreTo : Destination {
  bool accumulate = false;
};

// C = f(product + bias); NaN stays NaN
struct BiasActivationTo : Destination {
  const float* bias = nullptr;  // of the block's first column
  Activation activation;
};

// The optimizer and its coefficients for one step.
struct Descent {
  Optimizer optimizer;
  StepCoefficients step;
};

// Updates C, the weights, with the product as their gradient.
struct UpdateTo : Destination {
  OptimizerState<float> state;  // of the parameters at c
  Descent descent;
  // Lowered to the index, counted from c, of the first parameter that would become non-finite.
  std::size_t* fault = nullptr;
};

// A block of a product, sparse or exact, and what to do with it; an overload of make() does it.
template <class Product, class To>
struct Into {
  Product product;
  To to;
};
template <class Product, class To>
void into(const To& to, const Product& product) {
  make(Into<Product, To>{product, to});
}

}  // namespace kilat
