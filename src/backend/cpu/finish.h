// What becomes of a product, a block of columns at a time.
#pragma once

#include <cstddef>

#include "backend/activation.h"
#include "backend/optimizer.h"
#include "backend/types.h"

namespace kilat {

// Products are worked on a block of columns at a time: two cache lines of floats, or one where
// there are no more.
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

// What a step does to parameters.
struct Descent {
  Optimizer optimizer;
  StepCoefficients step;
};

// Updates C, the weights, with the product as their gradient.
struct UpdateTo : Destination {
  OptimizerState<float> state;  // as c
  Descent descent;
  // Becomes the least index from c that would be non-finite, if less than it is.
  std::size_t* fault = nullptr;
};

// A block of a product, of either kind, and what becomes of it: make(Into) of that kind does it.
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
