// The arguments of the fused forms that do much at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "backend/optimizer.h"
#include "backend/types.h"

namespace kilat {

// Loss and hit of every row of a set, in the order of the file.
template <class B>
struct RowLosses {
  const typename B::Images& images;
  const typename B::template Buffer<std::uint8_t>& labels;
  std::size_t size;
  typename B::template Buffer<typename B::Real>& parameters;
  std::span<typename B::Real> loss;  // [size]
  std::span<std::uint8_t> hit;       // [size]
  // Marks of each hidden layer's units that fire; empty where they are not asked for.
  std::vector<std::span<std::uint8_t>> active;
};

// An evaluation of the parameters that steps end with. Units that fire for a row of the first set
// are marked, others are not.
template <class B>
struct EvaluationAfterSteps {
  std::vector<RowLosses<B>> sets;                 // none: no evaluation
  typename B::template Buffer<Metrics>* metrics;  // [sets]
};

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
  const EvaluationAfterSteps<B>& evaluation;
};

}  // namespace kilat
