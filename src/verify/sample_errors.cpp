#include "verify/sample_errors.h"

#include <algorithm>
#include <cmath>

namespace kilat {

double log_sum_exp(std::span<const double> z) {
  const double largest = *std::max_element(z.begin(), z.end());
  double sum = 0;
  for (const double value : z) sum += std::exp(value - largest);
  return largest + std::log(sum);
}

SampleErrors::SampleErrors(const Network& network, Rounding rounding)
    : network_(network), rounding_(rounding), shapes_(network.shapes()) {
  for (const Activation& f : network.activations()) slopes_.push_back(f.slope);
  for (const LinearShape& s : shapes_) {
    const std::vector<double> in(s.in), out(s.out);
    layers_.push_back({in, in, in, out, out, out, out, out});
  }
}

void SampleErrors::forward(std::span<const std::uint8_t> image) {
  load(image);
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    linear(l);
    if (l + 1 < layers_.size()) activation(l);
  }
}

void SampleErrors::backward(std::uint8_t label, std::size_t n) {
  softmax_backward(label, n);
  for (std::size_t l = layers_.size() - 1; l > 0; --l) linear_backward(l);
}

double SampleErrors::logit_deviation() const {
  const std::vector<double>& v = layers_.back().z_variance;
  return std::sqrt(*std::max_element(v.begin(), v.end()));
}

// The two roundings of (byte − shift) · scale are counted with those of the sums that use it. A
// device may distribute the product, so that byte and shift are separate terms of its sums.
void SampleErrors::load(std::span<const std::uint8_t> image) {
  const double shift = network_.normalisation.shift;
  const double scale = network_.normalisation.scale;
  LayerErrors& first = layers_.front();
  for (std::size_t i = 0; i < image.size(); ++i) {
    first.x[i] = (image[i] - shift) * scale;
    first.x_magnitude[i] = (image[i] + std::abs(shift)) * std::abs(scale);
  }
}

void SampleErrors::linear(std::size_t l) {
  LayerErrors& e = layers_[l];
  const LinearShape& s = shapes_[l];
  const std::span<const float> weight = network_.weight(s), bias = network_.bias(s);
  constexpr std::size_t kNormalisation = 2, kBias = 1;
  const double rounding = rounding_.sum(s.in + kNormalisation + kBias);
  for (std::size_t j = 0; j < s.out; ++j) {
    const float* w = weight.data() + j * s.in;
    double z = bias[j], magnitude = std::abs(double{bias[j]}), variance = 0;
    for (std::size_t i = 0; i < s.in; ++i) {
      z += w[i] * e.x[i];
      magnitude += std::abs(double{w[i]}) * e.x_magnitude[i];
      variance += square(w[i]) * e.x_variance[i];
    }
    e.z[j] = z;
    e.z_variance[j] = variance + square(rounding * magnitude) + square(Rounding::kFlush);
  }
}

// ReLU, or leaky ReLU, whose product with the slope is rounded once more.
void SampleErrors::activation(std::size_t l) {
  const LayerErrors& from = layers_[l];
  LayerErrors& to = layers_[l + 1];
  for (std::size_t j = 0; j < from.z.size(); ++j) {
    const double reach = Rounding::kDeviations * std::sqrt(from.z_variance[j]);
    const double below = slopes_[l] * from.z[j];
    to.x[j] = from.z[j] > 0 ? from.z[j] : below;
    to.x_magnitude[j] = std::abs(to.x[j]);
    to.x_variance[j] = from.z[j] < -reach ? square(slopes_[l]) * from.z_variance[j] +
                                                square(Rounding::kUnit * below)
                                          : from.z_variance[j];
  }
}

// dz = (p − [y]) / n, p = exp(z − log Σ exp z). With logits off by at most r, log p is off by 2 r,
// and by the roundings of exp (2 units in the last place = 4 u, and |z − max| u of its argument),
// of the sum and of the quotients.
void SampleErrors::softmax_backward(std::uint8_t label, std::size_t n) {
  LayerErrors& last = layers_.back();
  const double all = log_sum_exp(last.z);
  const double largest = *std::max_element(last.z.begin(), last.z.end());
  const double logit = logit_deviation();
  const auto classes = static_cast<double>(last.z.size());
  constexpr double kExp = 4, kQuotients = 4;
  for (std::size_t j = 0; j < last.z.size(); ++j) {
    const double log_p = last.z[j] - all;
    const double roundings = kExp + kQuotients + classes + 2 * (largest - last.z[j]);
    const double off = Rounding::kDeviations * (2 * logit + roundings * Rounding::kUnit);
    const double p = std::exp(log_p);
    const double reach =
        std::max(std::exp(std::min(0.0, log_p + off)) - p, p - std::exp(log_p - off));
    const bool right = j == label;
    const double deviation = reach / Rounding::kDeviations + (right ? 2 * Rounding::kUnit : 0);
    last.dz[j] = (p - (right ? 1 : 0)) / static_cast<double>(n);
    last.dz_variance[j] = square(deviation / static_cast<double>(n)) + square(Rounding::kFlush);
    last.dz_jump[j] = 0;
  }
}

// From layer l's dz to that of the layer before: Wᵀ dz where z > 0, else that times the slope.
void SampleErrors::linear_backward(std::size_t l) {
  const LayerErrors& from = layers_[l];
  LayerErrors& to = layers_[l - 1];
  const LinearShape& s = shapes_[l];
  const std::span<const float> weight = network_.weight(s);
  const bool correlated = l + 1 == layers_.size();
  std::vector<double> magnitude(s.in);
  for (std::vector<double>* sum : {&to.dz, &to.dz_variance, &to.dz_jump}) {
    std::fill(sum->begin(), sum->end(), 0.0);
  }
  for (std::size_t j = 0; j < s.out; ++j) {
    const double deviation = std::sqrt(from.dz_variance[j]);
    for (std::size_t i = 0; i < s.in; ++i) {
      const double w = weight[j * s.in + i];
      to.dz[i] += w * from.dz[j];
      magnitude[i] += std::abs(w * from.dz[j]);
      to.dz_jump[i] += std::abs(w) * from.dz_jump[j];
      // Of correlated errors the deviations add up, squared below.
      to.dz_variance[i] += correlated ? std::abs(w) * deviation : square(w) * from.dz_variance[j];
    }
  }
  for (std::size_t i = 0; i < s.in; ++i) {
    double& variance = to.dz_variance[i];
    if (correlated) variance = square(variance);
    variance += square(rounding_.sum(s.out + 1) * magnitude[i]) + square(Rounding::kFlush);
    const double reach = Rounding::kDeviations * std::sqrt(to.z_variance[i]);
    const double da = to.dz[i], slope = slopes_[l - 1];
    if (to.z[i] <= 0) to.dz[i] *= slope;
    if (to.z[i] < -reach) {
      variance = square(slope) * variance + square(Rounding::kUnit * to.dz[i]);
      to.dz_jump[i] *= slope;
    } else if (to.z[i] <= reach) {
      to.dz_jump[i] += (1 - slope) * std::abs(da);
    }
  }
}

}  // namespace kilat
