// Compares numbers of one device with those of another.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace kilat {

// How many floats apart two are: 1 for neighbours, 0 for +0 and −0. If one is NaN, more than any
// two numbers are.
std::uint64_t ulps_between(float a, float b);

// An element of a tensor that was compared.
struct ComparedElement {
  std::size_t step = 0;   // counted from 1
  std::size_t index = 0;  // in the tensor, row-major
  float tested = 0;
  float expected = 0;
  double tolerance = 0;

  double difference() const;
  // difference() / tolerance; above 1: out of tolerance. Infinite for NaN beside a number.
  double share() const;
};

// The comparison of one tensor over all steps.
struct TensorComparison {
  std::string tensor;       // "0.weight", or "0.weight velocity": the optimizer's
  std::size_t columns = 1;  // of the tensor
  std::uint64_t ulps = 0;   // the largest difference, in units in the last place
  double relative = 0;      // the largest difference, to the tensor's largest magnitude in its step
  ComparedElement worst;    // by share()

  // Takes the tensor's values after a step into account; returns the worst element among them.
  ComparedElement add(std::size_t step, std::span<const float> tested,
                      std::span<const float> expected, std::span<const double> tolerance);

  bool within() const { return worst.share() <= 1; }
};

// Of a mean loss and of the number of hits over some samples.
struct EvaluationComparison {
  std::size_t samples = 0;
  double tested_loss = 0, expected_loss = 0, loss_tolerance = 0;
  std::size_t tested_hits = 0, expected_hits = 0, hits_tolerance = 0;

  double loss_difference() const;
  std::size_t hits_difference() const;
  bool within() const {
    return loss_difference() <= loss_tolerance && hits_difference() <= hits_tolerance;
  }
};

}  // namespace kilat
