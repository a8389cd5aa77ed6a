// What is done with a product of the first layer.
#pragma once

#include <cstddef>

#include "backend/optimizer.h"

namespace kilat {

// C (+)= product
struct StoreTo {
  float* c = nullptr;
  bool accumulate = false;
};

// The optimizer and its coefficients for one step.
struct Descent {
  Optimizer optimizer;
  StepCoefficients step;
};

// Updates C, the weights, with the product as their gradient.
struct UpdateTo {
  float* c = nullptr;
  OptimizerState<float> state;  // of the parameters at c
  Descent descent;
  // Lowered to the index, counted from c, of the first parameter that would become non-finite.
  std::size_t* fault = nullptr;
};

}  // namespace kilat
