// The arguments of the fused form that makes many steps at once.
#pragma once

#include <cstddef>
#include <cstdint>

#include "backend/optimizer.h"
#include "backend/types.h"

namespace kilat {

// n steps on the batches of an epoch from the cursor on; the last one may be shorter.
template <class B>
struct Steps {
  const typename B::Images& images;
  const typename B::template Buffer<std::uint8_t>& labels;
  std::size_t size;                                         // samples
  const typename B::template Buffer<std::uint32_t>& order;  // empty: that of the file
  typename B::template Buffer<typename B::Real>& parameters;
  OptimizerState<typename B::Real> state;
  const Optimizer& optimizer;
  const typename B::template Buffer<StepCoefficients>& coefficients;
  typename B::template Buffer<Cursor>& cursor;
  std::size_t n;
};

}  // namespace kilat
