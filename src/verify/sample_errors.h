// One sample's forward and backward pass, with the variances of float's rounding errors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <kilat/network.h>

#include "verify/rounding.h"

namespace kilat {

// The values of one linear layer, z = W x + b, in double, and the variances of float's errors.
struct LayerErrors {
  std::vector<double> x;            // [in]
  std::vector<double> x_magnitude;  // [in], at least |x|: of what it is the sum of
  std::vector<double> x_variance;   // [in]
  std::vector<double> z;            // [out]
  std::vector<double> z_variance;   // [out]
  std::vector<double> dz;           // [out], the gradient of the batch's mean loss
  std::vector<double> dz_variance;  // [out]
  // [out]. The derivative of an activation with a kink jumps at 0, and where z is so near to 0 that
  // its sign is a matter of rounding, either derivative is right: dz may be off by this, too.
  std::vector<double> dz_jump;
};

// Errors of different units are taken as uncorrelated; those of one sample's class probabilities,
// which share a sum, are not.
class SampleErrors {
 public:
  // `network` must outlive this.
  SampleErrors(const Network& network, Rounding rounding);

  void forward(std::span<const std::uint8_t> image);
  // After forward, for a sample with this label in a batch of n.
  void backward(std::uint8_t label, std::size_t n);

  const std::vector<LayerErrors>& layers() const { return layers_; }
  const std::vector<double>& logits() const { return layers_.back().z; }
  double logit_deviation() const;  // the largest

 private:
  void load(std::span<const std::uint8_t> image);
  void linear(std::size_t l);
  void activation(std::size_t l);
  void softmax_backward(std::uint8_t label, std::size_t n);
  void linear_backward(std::size_t l);

  const Network& network_;
  Rounding rounding_;
  std::vector<LinearShape> shapes_;
  std::vector<double> slopes_;  // of the hidden layers' activations below 0
  std::vector<LayerErrors> layers_;
};

// log Σ exp(z)
double log_sum_exp(std::span<const double> z);

}  // namespace kilat
