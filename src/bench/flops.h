// Counts the floating-point operations of training.
#pragma once

#include <kilat/network.h>

namespace kilat {

// Floating-point operations in the products of a training step, for one sample: 2 in out for each
// layer's output, the same for its weights' gradient, and for its input's gradient, which the first
// layer does not need. Biases, ReLU, softmax and update are left out, as is usual.
inline double training_flops(const Network& network) {
  double flops = 0;
  for (bool is_first = true; const LinearShape& s : network.shapes()) {
    flops += (is_first ? 4.0 : 6.0) * static_cast<double>(s.in) * static_cast<double>(s.out);
    is_first = false;
  }
  return flops;
}

}  // namespace kilat
